import { expect, test } from "vitest";
import { branchProblem } from "../contracts/git-names.ts";
import { suggestBranch } from "./suggest-branch.ts";

test("suggests names of two words that git takes", () => {
  const names = Array.from({ length: 500 }, () => suggestBranch(new Set()));
  expect(names.filter((name) => !/^[a-z]+-[a-z]+$/.test(name) || branchProblem(name))).toEqual([]);
  expect(new Set(names).size).toBeGreaterThan(100);
});

test("passes over a name that is taken", () => {
  const numbers = [0, 0, 0.5, 0.5];
  const first = suggestBranch(new Set(), () => 0);
  const suggested = suggestBranch(new Set([first.toUpperCase()]), () => numbers.shift() ?? 0);
  expect(suggested).toBe(suggestBranch(new Set(), () => 0.5));
  expect(suggested).not.toBe(first);
});

test("counts on when every try is taken, also by a folder of branches", () => {
  const first = suggestBranch(new Set(), () => 0);
  expect(suggestBranch(new Set([first, `${first}-2/x`]), () => 0)).toBe(`${first}-3`);
});
