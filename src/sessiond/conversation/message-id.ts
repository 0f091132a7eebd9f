import { randomBytes } from "node:crypto";

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_LENGTH = 14;

/** An id of a message as opencode makes them: 48 bits of time (milliseconds × 4096) in hex, then random letters. */
export function messageId(now: number, random: (size: number) => Buffer = randomBytes): string {
  const time = BigInt.asUintN(48, BigInt(now) * 4096n + 1n)
    .toString(16)
    .padStart(12, "0");
  const letters = [...random(RANDOM_LENGTH)].map((byte) => LETTERS[byte % LETTERS.length]).join("");
  return `msg_${time}${letters}`;
}
