import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { HEAP_FLAG } from "./heap-growth.ts";

test("the limit of the heap's growth is one that this Node knows", () => {
  const known = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  expect(known).toMatch(new RegExp(`^ +${HEAP_FLAG} `, "m"));
});
