/** An owner's address as it is stored and compared: trimmed, lower case. */
export type Email = string & { readonly __brand: "Email" };

const SHAPE = /^[^\s@]+@[^\s@]+$/;

/** @returns the normalised address, or undefined when the text is not an address. */
export function parseEmail(text: string): Email | undefined {
  const normalised = text.trim().toLowerCase();
  return SHAPE.test(normalised) && normalised.length <= 254 ? (normalised as Email) : undefined;
}
