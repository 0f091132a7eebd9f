/** PostgreSQL's text has no NUL character; it is replaced in both databases, so that they keep the same. */
export function storable(text: string): string;
export function storable(text: string | null): string | null;
export function storable(text: string | null): string | null {
  // A patch may leave it out.
  return text?.replaceAll("\0", "\uFFFD") ?? null;
}
