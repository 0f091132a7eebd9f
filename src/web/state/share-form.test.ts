import { expect, test } from "vitest";
import { needsPeople, shareBody, shownForm } from "./share-form.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const END = "2026-01-05T12:00:00.000Z";

test("starts from how the port is shared, and keeps its end", () => {
  const shared = { level: "people", people: ["bob@example.org", "eve@example.org"], expiresAt: END } as const;
  const form = shownForm(undefined, shared);
  expect(form).toEqual({ level: "people", people: "bob@example.org\neve@example.org", ends: "keep" });
  expect(shareBody(form, END, NOW)).toEqual(shared);
  expect(shareBody({ ...form, ends: "never" }, END, NOW)).not.toHaveProperty("expiresAt");
});

test("keeps what was begun, but no end that is over", () => {
  const draft = { level: "public", people: "", ends: "keep" } as const;
  expect(shownForm(draft, { level: "people", people: ["bob@example.org"], expiresAt: END })).toBe(draft);
  expect(shownForm(draft, { level: "owner", people: [], expiresAt: null })).toEqual({ ...draft, ends: "hour" });
});

test("takes addresses between commas and new lines", () => {
  const form = {
    level: "people",
    people: " bob@example.org,, eve@example.org\n\nzoe@example.org ",
    ends: "day",
  } as const;
  expect(shareBody(form, null, NOW)).toEqual({
    level: "people",
    people: ["bob@example.org", "eve@example.org", "zoe@example.org"],
    expiresAt: "2026-01-02T00:00:00.000Z",
  });
});

test("sends no people and no end where the level has none", () => {
  const form = { level: "public", people: "bob@example.org", ends: "hour" } as const;
  expect(shareBody(form, null, NOW)).toEqual({ level: "public", expiresAt: "2026-01-01T01:00:00.000Z" });
  expect(shareBody({ ...form, level: "owner" }, END, NOW)).toEqual({ level: "owner" });
});

test("needs people for people only", () => {
  const form = { level: "people", people: " ,\n", ends: "never" } as const;
  expect(needsPeople(form)).toBe(true);
  expect(needsPeople({ ...form, level: "public" })).toBe(false);
  expect(needsPeople({ ...form, people: "bob@example.org" })).toBe(false);
});
