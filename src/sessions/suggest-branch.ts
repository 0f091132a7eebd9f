import { adjectives, nouns } from "human-id";

/** @returns a number from 0 up to and without 1. */
export type Random = () => number;

const TRIES = 20;

/** A name like `brave-otters` that no branch has yet. */
export function suggestBranch(taken: ReadonlySet<string>, random: Random = Math.random): string {
  let name = "";
  for (let attempt = 0; attempt < TRIES; attempt++) {
    name = `${pick(adjectives, random)}-${pick(nouns, random)}`.toLowerCase();
    if (isFree(name, taken)) return name;
  }
  // So many branches, or a random that repeats itself: the name gets a number.
  for (let number = 2; ; number++) if (isFree(`${name}-${number}`, taken)) return `${name}-${number}`;
}

/** git cannot have both `a` and `a/b`, and on some disks not both `a` and `A`. */
function isFree(name: string, taken: ReadonlySet<string>): boolean {
  return ![...taken].some((other) => `${other.toLowerCase()}/`.startsWith(`${name}/`));
}

const pick = (words: readonly string[], random: Random): string => words[Math.floor(random() * words.length)] ?? "";
