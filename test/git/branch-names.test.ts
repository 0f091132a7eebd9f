import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { branchProblem } from "../../src/contracts/git-names.ts";

const gitTakes = (name: string) =>
  spawnSync("git", ["check-ref-format", "--branch", name], { cwd: "/", stdio: "ignore" }).status === 0;

/** Where we are stricter than git. */
const isOurs = (name: string) => /^@$|[\p{Cc}\s]/u.test(name) || Buffer.byteLength(name) > 240;

const piece = fc.constantFrom(
  ..."ab-@{}./~^:?*[\\ é",
  "..",
  ".lock",
  "HEAD",
  "@{",
  "//",
  "\u007f",
  "\u0001",
  "\u00a0",
  "refs/heads/",
);
const anyName = fc.oneof(
  fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join("")),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((name) => !name.includes("\0")),
);

test("a branch name is taken exactly when git takes it", () => {
  fc.assert(
    fc.property(anyName, (name) => {
      const ours = branchProblem(name) === undefined;
      if (ours || !isOurs(name)) expect({ name, taken: ours }).toEqual({ name, taken: gitTakes(name) });
    }),
    { numRuns: 600 },
  );
});
