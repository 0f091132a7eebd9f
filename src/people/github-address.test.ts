import { describe, expect, test } from "vitest";
import { githubAddress, isOfApi, nextLink, repositoryPath } from "./github-address.ts";

const hub = githubAddress("https://api.github.com/");
const enterprise = githubAddress("https://git.example.org/api/v3");

test.each([
  ["https://api.github.com", "https://api.github.com", "https://github.com"],
  ["https://api.github.com/", "https://api.github.com", "https://github.com"],
  ["https://api.acme.ghe.com", "https://api.acme.ghe.com", "https://acme.ghe.com"],
  ["https://git.example.org/api/v3/", "https://git.example.org/api/v3", "https://git.example.org"],
  ["https://api.example.org/api/v3", "https://api.example.org/api/v3", "https://api.example.org"],
  ["http://127.0.0.1:4000/api/v3", "http://127.0.0.1:4000/api/v3", "http://127.0.0.1:4000"],
])("%s", (given, api, web) => expect(githubAddress(given)).toEqual({ api, web }));

describe("the API is", () => {
  test.each([
    ["https://api.github.com/user/repos?page=2", hub, true],
    ["https://git.example.org/api/v3/user/repos?page=2", enterprise, true],
    ["https://git.example.org/api/v30/user/repos", enterprise, false],
    ["https://git.example.org/api/v3/../../evil", enterprise, false],
    ["https://git.example.org/other", enterprise, false],
    ["https://api.github.com.evil.example/user/repos", hub, false],
    ["https://api.github.com:8443/user/repos", hub, false],
    ["http://api.github.com/user/repos", hub, false],
    ["https://user@api.github.com/user/repos", hub, false],
    ["/user/repos?page=2", hub, false],
    ["", hub, false],
  ])("%s", (url, address, is) => expect(isOfApi(url, address)).toBe(is));
});

describe("a repository", () => {
  test.each([
    ["octo-org/some.repo_1", "/repos/octo-org/some.repo_1"],
    ["ada_acme/x", "/repos/ada_acme/x"],
    ["a/...", "/repos/a/..."],
    ["https://github.com/a/b", "/repos/a/b"],
    ["https://github.com/a/b.git", "/repos/a/b"],
    ["https://GitHub.com/A/b/", "/repos/A/b"],
  ])("%s", (text, path) => expect(repositoryPath(text, hub)).toBe(path));

  test.each([
    "",
    "a",
    "a/b/c",
    "a/b/../..",
    "../../user",
    "a/..",
    "a/.",
    "./b",
    "-a/b",
    "a/b?x",
    "a/b#x",
    "a/b%2F..",
    "a%2Fb/c",
    "a\\b/c",
    " a/b",
    "a/b\n",
    "a/b\n/../../user",
    "é/b",
    `${"a".repeat(40)}/b`,
    `a/${"b".repeat(101)}`,
    "https://github.com/a",
    "https://github.com/../user",
    "https://github.com/a/..",
    "https://github.com/a/b/tree/main",
    "https://github.com.evil.example/a/b",
    "https://x@github.com/a/b",
    "https://git.example.org/a/b",
    "http://github.com/a/b",
  ])("is not %j", (text) => expect(repositoryPath(text, hub)).toBeUndefined());

  test("has the address of its own site only", () => {
    expect(repositoryPath("https://git.example.org/a/b", enterprise)).toBe("/repos/a/b");
    expect(repositoryPath("https://github.com/a/b", enterprise)).toBeUndefined();
  });
});

test.each([
  ['<https://h/x?page=2>; rel="next", <https://h/x?page=9>; rel="last"', "https://h/x?page=2"],
  ['<https://h/x?page=1>; rel="prev", <https://h/x?page=3>; rel="next"', "https://h/x?page=3"],
  ['<https://h/x?page=1>; rel="first", <https://h/x?page=2>; rel="prev"', undefined],
  ["", undefined],
  [null, undefined],
  ["nonsense", undefined],
])("the next page of %j", (header, next) => expect(nextLink(header)).toBe(next));
