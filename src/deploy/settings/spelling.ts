/** How many letters must be put in, left out or changed to make one text of the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

const letters = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
const lastPart = (text: string): string => letters(text.slice(text.lastIndexOf(".") + 1));
/** What is longer than any name is no name misspelt, and would take long to compare. */
const LONGEST = 64;

/** Which of the names somebody meant; undefined when none is near. */
export function meant<T extends string>(given: string, names: readonly T[]): T | undefined {
  if (given.length > LONGEST) return undefined;
  const wanted = letters(given);
  const same =
    names.find((name) => letters(name) === wanted) ?? only(names.filter((name) => lastPart(name) === wanted));
  if (same !== undefined) return same;
  const nearest = names
    .map((name) => ({ name, away: distance(wanted, letters(name)) }))
    .reduce((best, one) => (one.away < best.away ? one : best));
  return nearest.away <= Math.max(1, Math.floor(wanted.length / 4)) ? nearest.name : undefined;
}

const only = <T>(found: readonly T[]): T | undefined => (found.length === 1 ? found[0] : undefined);
