import { describe, expect, test } from "vitest";
import { parseRepoUrl } from "../../contracts/git-names.ts";
import { Secret } from "../../lib/secret.ts";
import { tokenAccess } from "./token-access.ts";

const token = new Secret("t0ken");

function repo(url: string) {
  const parsed = parseRepoUrl(url, { allowLocal: true, allowedHosts: ["github.com", "127.0.0.1", "::1"] });
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed;
}

describe("the token is for", () => {
  test.each([
    ["https://github.com/a/b", "https://github.com", true],
    ["https://GitHub.com:443/a/b", "https://github.com", true],
    ["https://github.com:8443/a/b", "https://github.com", false],
    ["http://github.com/a/b", "https://github.com", false],
    ["ssh://git@github.com/a/b", "https://github.com", false],
    ["ssh://git@github.com:443/a/b", "https://github.com", false],
    ["git@github.com:a/b", "https://github.com", false],
    ["https://github.com./a/b", "https://github.com", false],
    ["https://github.com.evil.example/a/b", "https://github.com", false],
    ["https://gist.github.com/a/b", "https://github.com", false],
    ["/srv/github.com/a/b", "https://github.com", false],
    ["https://git.example.org:8443/a/b", "https://git.example.org:8443", true],
    ["http://127.0.0.1:4000/a/b", "http://127.0.0.1:4000", true],
    ["http://127.0.0.1:4001/a/b", "http://127.0.0.1:4000", false],
    ["https://[::1]:4000/a/b", "https://[::1]:4000", true],
  ])("%s of %s", (url, origin, is) => {
    expect(tokenAccess(token, origin).tokenFor(repo(url))).toBe(is ? token : undefined);
  });
});

test.each([
  ["https://github.com/a/b", undefined, /Sign in with GitHub, or set your secret GITHUB_TOKEN/],
  ["https://github.com/a/b", token, /does not accept your token/],
  ["https://git.example.org/a/b", token, /you have no access to it from here/],
  ["git@github.com:a/b", token, /you have no access to it from here/],
])("%s with token %s", (url, given, says) => {
  const told = tokenAccess(given, "https://github.com").demanded(repo(url));
  expect(told).toEqual({ ok: false, code: "remote_refused", message: expect.stringMatching(says) });
});
