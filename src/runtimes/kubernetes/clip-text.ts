/** What JSON costs a character. The API server writes `<`, `>` and `&` as `\u003c` and so on. */
function storedBytes(character: string): number {
  if (/[<>&\p{Cc}]/u.test(character)) return 6;
  return character === '"' || character === "\\" ? 2 : Buffer.byteLength(character);
}

const SIGN = "…";

/** What the cluster cannot store, half of a character, is replaced as the API server would; NUL as in our databases. */
export const storableText = (text: string): string => text.replaceAll(/[\0\p{Cs}]/gu, "\uFFFD");

/** The text, or its beginning and an ellipsis where it would take more than so many bytes in the cluster's store. */
export function clipText(text: string, maxBytes: number): string {
  const storable = storableText(text);
  const room = maxBytes - Buffer.byteLength(SIGN);
  let bytes = 0;
  let kept = 0;
  for (const character of storable) {
    bytes += storedBytes(character);
    if (bytes > maxBytes) return storable.slice(0, kept) + SIGN;
    if (bytes <= room) kept += character.length;
  }
  return storable;
}
