import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Problem } from "../../src/contracts/problem.ts";
import { makeRepository } from "../harness/git-repository.ts";
import { startGitHubServer, type GitHubServer } from "../harness/github-server.ts";
import type { Answer } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";
import { filesWith } from "./files-with.ts";

let root: string;
let hub: GitHubServer;
let router: TestRouter;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "github-"));
  await mkdir(join(root, "acme"));
  await makeRepository(root, "acme/shop.git", { branches: ["trunk"] });
  hub = await startGitHubServer({ gitRoot: root });
  router = await startRouter({ auth: "proxy", env: { GITHUB_API_URL: hub.api } });
});
afterAll(async () => {
  await router?.[Symbol.asyncDispose]();
  await hub?.[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

interface Repositories {
  readonly repos: { readonly fullName: string }[];
}

/** As somebody whom the sign-in gave this token. */
const withToken = (token: string) => ({ headers: { "x-auth-request-access-token": token } });
const get = (path: string, token = "gho_ada"): Promise<Answer> => router.api("GET", path, withToken(token));
const told = (answer: Answer) => {
  const { status, code, detail } = answer.json<Problem>();
  expect(answer.status).toBe(status);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  return { status, code, detail };
};
const urls = async (): Promise<string[]> => (await hub.requests()).map(({ url }) => url);

describe("repositories", () => {
  test("of all pages come with what a form needs", async () => {
    const { repos } = (await get("/api/user/repos")).json<Repositories>();
    expect(repos).toHaveLength(250);
    expect(repos[0]).toEqual({
      fullName: "acme/shop",
      url: `${hub.origin}/acme/shop.git`,
      private: true,
      defaultBranch: "trunk",
      description: "Where things are sold",
      pushedAt: "2026-03-01T00:00:00.000Z",
    });
  });

  test("are filtered while somebody types, without a new question for each letter", async () => {
    await get("/api/user/repos");
    const before = (await urls()).length;
    const counts = [];
    for (const q of ["s", "sh", "SHO", "shop", "nothing"])
      counts.push((await get(`/api/user/repos?q=${q}`)).json<Repositories>().repos.length);
    expect(counts).toEqual([1, 1, 1, 1, 0]);
    expect((await urls()).length).toBe(before);
  });

  test("are those of the person who asks", async () => {
    expect((await get("/api/user/repos", "gho_grace")).json<Repositories>().repos).toMatchObject([
      { fullName: "grace/compiler" },
    ]);
  });
});

describe("branches", () => {
  test("of all pages, with the default one", async () => {
    const answer = await get("/api/user/repos/branches?repo=acme/shop");
    const { branches, defaultBranch } = answer.json<{ branches: string[]; defaultBranch: string }>();
    expect([branches.length, defaultBranch]).toEqual([230, "trunk"]);
  });

  test.each([
    "../../user",
    "..%2F..%2Fuser",
    "a/b?x",
    "a/b%3Fx",
    "a/b%23x",
    "a/b/../..",
    "a/b%2F..%2F..%2Fuser",
    "a/..",
    "a/%2E%2E",
    "a%2Fb%2Fc",
    "a%252Fb",
    "a%5Cb/c",
    "acme/shop%0A",
    "https://evil.example/acme/shop",
    "",
  ])("%j is no repository, and GitHub is not asked", async (repo) => {
    const before = (await urls()).length;
    expect(told(await get(`/api/user/repos/branches?repo=${repo}`))).toMatchObject({ status: 400 });
    expect((await urls()).length).toBe(before);
  });

  test("a repository has to be named, once, and nothing else", async () => {
    expect(told(await get("/api/user/repos/branches"))).toMatchObject({ status: 400 });
    expect(told(await get("/api/user/repos/branches?repo=acme/none"))).toMatchObject({ status: 404 });
  });
});

describe("without a token", () => {
  test("a sentence says what to do", async () => {
    for (const path of ["/api/user/repos", "/api/user/repos/branches?repo=acme/shop"])
      expect(told(await router.api("GET", path))).toEqual({
        status: 401,
        code: "unauthenticated",
        detail: "There is no GitHub token of yours. Sign in with GitHub, or set your secret GITHUB_TOKEN.",
      });
  });

  test("the person's own secret is one, until the sign-in gives another", async () => {
    const grace = "grace@example.org";
    const put = { as: grace, body: { value: "gho_grace" } };
    expect((await router.api("PUT", "/api/user/secrets/GITHUB_TOKEN", put)).status).toBeLessThan(300);
    const names = async (options: object) =>
      (await router.api("GET", "/api/user/repos", { as: grace, ...options }))
        .json<Repositories>()
        .repos.map(({ fullName }) => fullName);
    expect(await names({})).toEqual(["grace/compiler"]);
    expect(await names(withToken("gho_ada"))).toContain("acme/shop");
    expect(told(await router.api("GET", "/api/user/repos"))).toMatchObject({ status: 401 });
  });
});

test.each([
  ["gho_nobody", 401, "unauthenticated", undefined],
  ["gho_forbidden", 403, "forbidden", undefined],
  ["gho_too_fast", 429, "too_many_requests", /^7$/],
  ["gho_rate_limited", 429, "too_many_requests", /^1[12]\d$/],
  ["gho_down", 502, "remote_unreachable", undefined],
  ["gho_html", 502, "remote_unreachable", undefined],
  ["gho_resets", 502, "remote_unreachable", undefined],
] as const)("GitHub's %s is told as %i", async (token, status, code, retryAfter) => {
  const answer = await get("/api/user/repos", token);
  expect(told(answer)).toMatchObject({ status, code });
  if (retryAfter) expect(answer.headers["retry-after"]).toMatch(retryAfter);
  else expect(answer.headers["retry-after"]).toBeUndefined();
});

describe("a session of a private repository", () => {
  const body = (sourceBranch: string) => ({ repoUrl: `${hub.origin}/acme/shop.git`, branch: "try-it", sourceBranch });
  const create = (options: object, sourceBranch = "no-such-branch") =>
    router.api("POST", "/api/sessions", { body: body(sourceBranch), ...options });

  test("is refused without a token, with one that is old, and with one of somebody else", async () => {
    expect(told(await create({}))).toMatchObject({
      status: 502,
      code: "remote_refused",
      detail: expect.stringMatching(/Sign in with GitHub, or set your secret GITHUB_TOKEN/),
    });
    expect(told(await create(withToken("gho_nobody")))).toMatchObject({
      status: 502,
      code: "remote_refused",
      detail: expect.stringMatching(/does not accept your token/),
    });
    expect(told(await create(withToken("gho_grace")))).toMatchObject({ status: 502, code: "remote_refused" });
  });

  test("is looked into with the person's own: the branches are known", async () => {
    expect(told(await create(withToken("gho_ada")))).toMatchObject({ status: 422, code: "branch_missing" });
    const created = await create(withToken("gho_ada"), "trunk");
    expect(created.status).toBe(201);
    await router.api("DELETE", `/api/sessions/${created.json<{ hash: string }>().hash}`);
  });
});

test("a session of a private repository is cloned with the owner's secret", async () => {
  const put = { body: { value: "gho_ada\n" } };
  expect((await router.api("PUT", "/api/user/secrets/GITHUB_TOKEN", put)).status).toBeLessThan(300);
  const body = { repoUrl: `${hub.origin}/acme/shop.git`, branch: "work", sourceBranch: "trunk" };
  const created = await router.api("POST", "/api/sessions", { body });
  expect(created.status).toBe(201);
  const { hash } = created.json<{ hash: string }>();
  await router.waitFor(hash, "running");
  const folder = join(router.dataDir, "data/sessions", hash);
  expect(await readFile(join(folder, "home/workspace/README.md"), "utf8")).toContain("Example");
  expect(await filesWith(folder, "gho_ada")).toEqual([]);
  await router.api("DELETE", `/api/sessions/${hash}`);
  await router.waitFor(hash, "gone");
});

test("no token is in anything that the router wrote", async () => {
  expect((await hub.requests()).filter(({ url }) => url.includes("gho_"))).toEqual([]);
  expect(router.output).toContain("/api/user/repos");
  expect(router.output).not.toMatch(/gho_|eC1hY2Nlc3MtdG9rZW4/);
});
