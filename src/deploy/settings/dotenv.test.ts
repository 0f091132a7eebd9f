import { parseEnv } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dotenvLine } from "./dotenv.ts";

/** One line, as the settings demand, of the characters that mean something to the parser. */
const value = fc
  .array(fc.oneof(fc.constantFrom("'", '"', "`", "\\n", "\\", "#", "$", "{A}", "=", " ", "a", "\t"), fc.string()))
  .map((parts) => parts.join("").replaceAll(/[\n\r\0]/g, ""));

test("whatever is in a variable's value, the router reads it as it was, and the lines after it, too", () => {
  fc.assert(
    fc.property(value, (text) => {
      const line = dotenvLine("A", text);
      if (line !== undefined) expect(parseEnv(`${line}B='2'\n`)).toEqual({ A: text, B: "2" });
    }),
    { numRuns: 2000 },
  );
});

test("only a value with both quotes that keep everything can be one that no line tells", () => {
  fc.assert(
    fc.property(value, (text) => {
      if (dotenvLine("A", text) === undefined) expect(["'", "`"].every((mark) => text.includes(mark))).toBe(true);
    }),
    { numRuns: 2000 },
  );
  expect(dotenvLine("A", "'\"` #")).toBeUndefined();
  expect(dotenvLine("A", 'it\'s `a` "b"')).toBe('A=it\'s `a` "b"\n');
});
