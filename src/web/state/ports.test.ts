import { expect, test } from "vitest";
import type { Port } from "../../contracts/session.ts";
import type { SharedPort } from "../api.ts";
import { shownPorts } from "./ports.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const vite: Port = { port: 5173, process: "vite", url: "https://5173.example.org", level: "owner" };
const share = (port: number, fields: Partial<SharedPort> = {}): SharedPort => ({
  port,
  url: `https://${port}.example.org`,
  level: "public",
  people: [],
  expiresAt: null,
  ...fields,
});

test("shows by number what listens and what is shared", () => {
  const shown = shownPorts([vite], [share(8080), share(3000)], NOW);
  expect(shown.map(({ port, process, level }) => [port, process, level])).toEqual([
    [3000, undefined, "public"],
    [5173, "vite", "owner"],
    [8080, undefined, "public"],
  ]);
});

test("a port that listens is told by the session, which is newer than the list of shares", () => {
  const people = ["bob@example.org"];
  const shown = shownPorts([{ ...vite, level: "people", people }], [share(5173)], NOW);
  expect(shown).toEqual([{ ...vite, level: "people", people, expiresAt: null }]);
});

test("forgets shares that have ended, and those that were taken back", () => {
  const shares = [
    share(1111, { expiresAt: "2025-12-31T23:59:59Z" }),
    share(2222, { expiresAt: "2026-01-01T00:00:01Z" }),
    share(3333, { level: "owner" }),
  ];
  expect(shownPorts([], shares, NOW).map(({ port }) => port)).toEqual([2222]);
});
