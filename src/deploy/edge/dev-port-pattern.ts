import { isDevPort } from "../../contracts/dev-ports.ts";

/** A regular expression for exactly these texts, without look-ahead: Go has none. */
export function patternOf(texts: readonly string[]): string {
  const byFirst = new Map<string, string[]>();
  for (const text of texts) {
    if (text === "") continue;
    const rests = byFirst.get(text.charAt(0)) ?? [];
    rests.push(text.slice(1));
    byFirst.set(text.charAt(0), rests);
  }
  // Characters after which the same may follow become one class.
  const byRest = new Map<string, string[]>();
  for (const [first, rests] of byFirst) {
    const rest = patternOf(rests);
    byRest.set(rest, [...(byRest.get(rest) ?? []), first]);
  }
  const branches = [...byRest].map(([rest, firsts]) => `${classOf(firsts)}${rest}`);
  const pattern = branches.length === 1 ? (branches[0] ?? "") : `(?:${branches.join("|")})`;
  if (branches.length === 0) return "";
  return texts.includes("") ? `(?:${pattern})?` : pattern;
}

const DIGITS = "0123456789";

function classOf(digits: readonly string[]): string {
  const sorted = digits.toSorted().join("");
  if (sorted.length === 1) return sorted;
  return sorted.length > 2 && DIGITS.includes(sorted) ? `[${sorted[0]}-${sorted.at(-1)}]` : `[${sorted}]`;
}

let devPorts: string | undefined;

/** The decimal numbers of the ports that may be a dev server's, and no other text. */
export const devPortPattern = (): string =>
  // Made once: it goes through all ports.
  (devPorts ??= patternOf(
    Array.from({ length: 65_536 }, (_, port) => port)
      .filter(isDevPort)
      .map(String),
  ));
