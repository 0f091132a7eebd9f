import { createHmac, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

/** A value that never prints: not in logs, JSON, string templates or `inspect`. */
export class Secret {
  readonly #value: string;
  #bytes: Buffer | undefined;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself: only where it is compared, derived from or sent. */
  reveal(): string {
    return this.#value;
  }

  /** Constant-time comparison; how long it takes tells at most of the candidate's own length. */
  equals(candidate: string): boolean {
    this.#bytes ??= Buffer.from(this.#value);
    const given = Buffer.from(candidate);
    const isAsLong = given.length === this.#bytes.length;
    return timingSafeEqual(this.#bytes, isAsLong ? given : this.#bytes) && isAsLong;
  }

  /** HMAC-SHA-256 of the parts (joined by newline) under this secret, as base64url: 43 characters. */
  derive(...parts: string[]): Secret {
    return new Secret(createHmac("sha256", this.#value).update(parts.join("\n")).digest("base64url"));
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}
