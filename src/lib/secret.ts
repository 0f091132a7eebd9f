import { createHmac, timingSafeEqual, createHash } from "node:crypto";
import { inspect } from "node:util";

/** A value that never prints: not in logs, JSON, string templates or `inspect`. */
export class Secret {
  readonly #value: string;
  #digest: Buffer | undefined;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself: only where it is compared, derived from or sent. */
  reveal(): string {
    return this.#value;
  }

  /** Constant-time comparison, also for texts of different lengths. */
  equals(candidate: string): boolean {
    this.#digest ??= digest(this.#value);
    return timingSafeEqual(this.#digest, digest(candidate));
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

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
