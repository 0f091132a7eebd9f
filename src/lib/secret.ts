import { createHmac, timingSafeEqual } from "node:crypto";
import { SecretText } from "../contracts/secret-text.ts";

/** A secret that is compared with what others say, and that others are derived from. */
export class Secret extends SecretText {
  #bytes: Buffer | undefined;

  /** Constant-time comparison; how long it takes tells at most of the candidate's own length. */
  equals(candidate: string): boolean {
    this.#bytes ??= Buffer.from(this.reveal());
    const given = Buffer.from(candidate);
    const isAsLong = given.length === this.#bytes.length;
    return timingSafeEqual(this.#bytes, isAsLong ? given : this.#bytes) && isAsLong;
  }

  /** HMAC-SHA-256 of the parts (joined by newline) under this secret, as base64url: 43 characters. */
  derive(...parts: string[]): Secret {
    return new Secret(createHmac("sha256", this.reveal()).update(parts.join("\n")).digest("base64url"));
  }
}
