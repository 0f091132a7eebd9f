import { createHash } from "node:crypto";

/** A part of every secret of a test's stack: where it is found outside of an envelope, one has leaked. */
export const MARK = "LEAKED";

/** Base64 has three forms of a text, by where it begins: what of each does not depend on what is before and after. */
const inBase64 = [0, 1, 2].map((offset) =>
  Buffer.from(`${"x".repeat(offset)}${MARK}`)
    .toString("base64")
    .slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + MARK.length) * 8) / 6)),
);

/** The mark as it is, as it may be hidden, and as the bytes that a random value in base64 stands for. */
const FORMS: readonly string[] = [
  MARK,
  ...inBase64,
  Buffer.from(MARK).toString("hex"),
  Buffer.from(MARK, "base64").toString("hex"),
];

/** Whether a text has a marked secret in it. */
export const isMarked = (text: string): boolean => FORMS.some((form) => text.includes(form));

/** 32 bytes that contain in base64 `MARK`, `+` and `/`, so that whoever needs another alphabet shows whether it minds. */
export const markedBytes = (name: string, encoding: "base64" | "hex" = "base64"): string => {
  const text = `${MARK}/${name.replaceAll("-", "+")}/${createHash("sha256").update(name).digest("hex")}`;
  return Buffer.from(text.slice(0, 43), "base64").toString(encoding);
};
