import { expect, test } from "vitest";
import { relativeTime, repositoryName, sessionName } from "./format.ts";

const NOW = Date.parse("2026-03-10T12:00:00Z");

test.each([
  ["2026-03-10T12:00:00Z", "now"],
  ["2026-03-10T12:00:40Z", "now"],
  ["2026-03-10T11:58:30Z", "1 minute ago"],
  ["2026-03-10T09:00:00Z", "3 hours ago"],
  ["2026-03-09T11:00:00Z", "yesterday"],
  ["2026-03-10T12:20:00Z", "in 20 minutes"],
  ["2025-12-24T12:00:00Z", "Dec 24, 2025"],
])("%s is %s", (iso, words) => {
  expect(relativeTime(iso, NOW)).toBe(words);
});

test.each([
  ["https://github.com/acme/shop.git", "acme/shop"],
  ["https://git.example.org:8443/group/sub/shop/", "sub/shop"],
  ["git@github.com:acme/shop.git", "acme/shop"],
  ["ssh://git@host/acme/shop", "acme/shop"],
  ["file:///srv/repositories/shop.git", "shop"],
  ["/srv/repositories/shop", "shop"],
])("%s is called %s", (url, name) => {
  expect(repositoryName(url)).toBe(name);
});

test("a session is called by its title, its repository, or what it is", () => {
  expect(sessionName({ title: " Fix it ", repoUrl: "https://h/acme/shop" })).toBe("Fix it");
  expect(sessionName({ title: " ", repoUrl: "https://h/acme/shop" })).toBe("acme/shop");
  expect(sessionName({ repoUrl: null })).toBe("Blank project");
});
