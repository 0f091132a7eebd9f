import { humanId } from "human-id";

const TRIES = 100;

/** A name that people can read, say and remember, and that no branch has yet. */
export function suggestBranch(
  taken: ReadonlySet<string>,
  make: () => string = () => humanId({ separator: "-", capitalize: false }),
): string {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const name = make();
    if (!taken.has(name)) return name;
  }
  const name = make();
  let number = 2;
  while (taken.has(`${name}-${number}`)) number += 1;
  return `${name}-${number}`;
}
