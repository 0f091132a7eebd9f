import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { Secret } from "../lib/secret.ts";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The key that all stored secrets are encrypted with: 256 bits. */
export const sealingKey = (tokenSecret: Secret): Secret => tokenSecret.derive("user-secrets");

/** Where a sealed text belongs. It opens there only: a row that is moved or copied to another is worth nothing. */
export interface Place {
  readonly owner: string;
  readonly name: string;
}

/** @returns nonce, tag and ciphertext as base64url. */
export function seal(key: Secret, place: Place, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, bytesOf(key), nonce).setAAD(aad(place));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
}

/** @returns undefined when it was not sealed with this key for this place, or was changed since. */
export function unseal(key: Secret, place: Place, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, bytesOf(key), bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(aad(place)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    // The tag does not fit: the one way in which decryption fails.
    return undefined;
  }
}

const bytesOf = (key: Secret): Buffer => Buffer.from(key.reveal(), "base64url");

/** Neither an address nor a name has a newline in it. */
const aad = ({ owner, name }: Place): Buffer => Buffer.from(`${owner}\n${name}`);
