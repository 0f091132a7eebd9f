import { describe, expect, test } from "vitest";
import { branchProblem, parseRepoUrl } from "./git-names.ts";

const strict = { allowLocal: false, allowedHosts: [] };

test.each(["main", "feature/one", "fix-#12", "zażółć", "v1.2", "a@b", "refs/heads/x"])("branch %s is taken", (name) => {
  expect(branchProblem(name)).toBeUndefined();
});

test.each([
  ["", /empty/],
  ["--upload-pack=touch x", /dash/],
  ["HEAD", /HEAD/],
  ["a b", /spaces/],
  ["a\nb", /control characters/],
  ["a..b", /two dots/],
  ["a@{1}", /@\{/],
  ["x.lock/y", /\.lock/],
  ["/x", /slash/],
  ["x/.y", /dot/],
  ["x".repeat(300), /too long/],
])("branch %j is refused with a sentence", (name, says) => {
  expect(branchProblem(name)).toMatch(says);
});

describe("repository URLs", () => {
  test.each([
    ["https://git.example.org/team/app.git", { kind: "https", host: "git.example.org", port: 443 }],
    ["  https://Git.Example.org:8443/app  ", { kind: "https", host: "git.example.org", port: 8443 }],
    ["https://[2606:4700::1]/app", { kind: "https", host: "2606:4700::1", port: 443 }],
    ["ssh://git@git.example.org:2222/app.git", { kind: "ssh", host: "git.example.org", port: 2222 }],
    ["git@git.example.org:team/app.git", { kind: "ssh", host: "git.example.org", port: 22 }],
  ])("%s is taken", (text, expected) => {
    expect(parseRepoUrl(text, strict)).toEqual({ ok: true, url: text.trim(), ...expected });
  });

  test.each([
    ["https://user@host/app", /user name and password/],
    ["https://user:pw@host/app", /user name and password/],
    ["ssh://git:pw@host/app", /user name and password/],
    ["https://host\\@other/app", /user name and password/],
    ["http://host/app", /Plain http/],
    ["--upload-pack=x", /dash/],
    ["ssh://-oProxyCommand=x/app", /https:\/\//],
    ["git@-oProxyCommand=x:app", /https:\/\//],
    ["git@host:-x", /https:\/\//],
    ["ext::sh -c x", /spaces/],
    ["ext::sh", /https:\/\//],
    ["https://host/a\tb", /control/],
    ["https://host/a b", /spaces/],
    ["https://host/app?x=1", /https:\/\//],
    ["https://host/app#x", /https:\/\//],
    ["https://host\\x/app", /https:\/\//],
    ["https:///app", /https:\/\//],
    ["https://ho%73t/app", /https:\/\//],
    ["https://host:0/app", /port/],
    ["https://host:70000/app", /port/],
    ["git://host/app", /https:\/\//],
    ["data:text/plain,x", /https:\/\//],
    ["host:app", /https:\/\//],
    ["../app", /https:\/\//],
    ["/srv/app.git", /disk/],
    ["file:///srv/app.git", /disk/],
    ["", /Give the URL/],
  ])("%j is refused with a sentence", (text, says) => {
    const parsed = parseRepoUrl(text, strict);
    expect(parsed).toEqual({ ok: false, message: expect.stringMatching(says) });
  });

  test("plain http needs a listed host, with its port when one is listed", () => {
    const rules = { allowLocal: false, allowedHosts: ["Git.Internal", "127.0.0.1:8080", "[::1]:80"] };
    const taken = (text: string) => parseRepoUrl(text, rules).ok;
    expect(["http://git.internal:1234/x", "http://127.0.0.1:8080/x", "http://[::1]/x"].map(taken)).toEqual([
      true,
      true,
      true,
    ]);
    expect(["http://git.internal.org/x", "http://127.0.0.1/x", "http://[::1]:81/x"].map(taken)).toEqual([
      false,
      false,
      false,
    ]);
  });

  test("a local path is taken in local mode only, and only an absolute one", () => {
    const rules = { allowLocal: true, allowedHosts: [] };
    expect(parseRepoUrl("/home/me/My App", rules)).toEqual({ ok: true, url: "/home/me/My App", kind: "local" });
    expect(parseRepoUrl("file:///srv/app.git", rules)).toMatchObject({ ok: true, kind: "local" });
    expect(parseRepoUrl("file://host/app.git", rules).ok).toBe(false);
    expect(parseRepoUrl("app", rules).ok).toBe(false);
  });
});
