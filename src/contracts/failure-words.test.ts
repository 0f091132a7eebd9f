import { expect, test } from "vitest";
import { sanitise } from "./failure-words.ts";

test("sanitise keeps one plain line of bounded length", () => {
  expect(sanitise("\u001B[31mred\u001B[0m\tx\r\nhttps://tok:x@h/p")).toBe("red x https://h/p");
  expect(sanitise("x".repeat(1000)).length).toBeLessThan(310);
});
