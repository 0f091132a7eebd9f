import { expect, test } from "vitest";
import { EMPTY_TOKEN, missingOf, tokenBody, withScope } from "./token-form.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

test("needs a name and a scope, in this order", () => {
  const none = withScope(EMPTY_TOKEN, "read", false);
  expect(missingOf(none)?.field).toBe("name");
  expect(missingOf({ ...none, name: "ci" })?.field).toBe("scopes");
  expect(missingOf({ ...EMPTY_TOKEN, name: "ci" })).toBeUndefined();
});

test("sends each scope once, and the end that was chosen", () => {
  const form = withScope(withScope({ ...EMPTY_TOKEN, name: " ci " }, "turns", true), "turns", true);
  expect(tokenBody(form, NOW)).toEqual({
    name: "ci",
    scopes: ["read", "turns"],
    expiresAt: "2026-04-01T00:00:00.000Z",
  });
  expect(tokenBody({ ...form, ends: "never" }, NOW).expiresAt).toBeNull();
});
