import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Problem } from "../../src/contracts/problem.ts";
import { makeRepository } from "../harness/git-repository.ts";
import { startGitServer, type GitServer } from "../harness/git-server.ts";
import { call, type Answer } from "../harness/http.ts";
import { expectNothingLeft } from "../harness/nothing-left.ts";
import { freePorts, startRouter, type TestRouter } from "../harness/router.ts";

const PASSWORD = "hunter2-of-the-url";
const BRANCHES = { branch: "brave-otters", sourceBranch: "main" };

let root: string;
let router: TestRouter;
let server: GitServer;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "ocr-refused-"));
  await makeRepository(root, "example.git");
  server = await startGitServer({ root });
  router = await startRouter({ auth: "proxy" });
});

afterAll(async () => {
  await router?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

afterEach(() => expectNothingLeft(router));

const create = (body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  router.api("POST", "/api/sessions", { body, headers });

/** The refusal is a problem that says in a sentence what is wrong. */
function expectProblem(answer: Answer, status: number, code: Problem["code"]): string {
  expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(`"${code}"`)]);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  const problem = answer.json<Problem>();
  expect(problem).toMatchObject({ status, code, type: `urn:opencode-router:problem:${code}` });
  expect(problem.title.length).toBeGreaterThan(5);
  expect(problem.detail).toMatch(/^\S.{10,}/s);
  return problem.detail;
}

describe("addresses that are no repository's", () => {
  test.each([
    ["a transport helper that runs programs", "ext::sh -c touch% /tmp/owned"],
    ["an option", "--upload-pack=touch /tmp/owned"],
    ["an option in an scp address", "git@-oProxyCommand=touch:x"],
    ["user and password", `https://user:${PASSWORD}@github.com/team/app.git`],
    ["a token", `https://${PASSWORD}@github.com/team/app.git`],
    ["a password for ssh", `ssh://git:${PASSWORD}@github.com/team/app.git`],
    ["a file URL of this machine", "file:///etc"],
    ["a path of this machine", "/etc"],
    ["a line break", "https://github.com/team/app.git\nextra"],
    ["an escape", "https://github.com/team/\u001b[2Japp.git"],
    ["a query", "https://github.com/team/app.git?x=1"],
    ["another scheme", "gopher://github.com/team/app.git"],
    ["plain http to a host that is not listed", "http://github.com/team/app.git"],
    ["just a word", "example"],
  ])("%s", async (_what, repoUrl) => {
    expectProblem(await create({ repoUrl, ...BRANCHES }), 400, "invalid_repository");
  });

  test.each([
    ["loopback", "https://127.0.0.2/team/app.git"],
    ["loopback of IPv6", "https://[::1]/team/app.git"],
    ["loopback in disguise", "https://[::ffff:127.0.0.2]/team/app.git"],
    ["a private network", "https://10.0.0.1/team/app.git"],
    ["the cloud's metadata", "https://169.254.169.254/latest/meta-data"],
    ["a name of loopback", "https://localhost/team/app.git"],
    ["loopback by ssh", "ssh://git@127.0.0.2/team/app.git"],
    ["a private network by ssh", "git@192.168.0.1:team/app.git"],
  ])("%s is not asked", async (_what, repoUrl) => {
    const detail = expectProblem(await create({ repoUrl, ...BRANCHES }), 400, "invalid_repository");
    expect(detail).toContain("ALLOWED_GIT_HOSTS");
  });

  test.each([
    { what: "over https", redirectTo: "https://127.0.0.2:8443", status: 400, code: "invalid_repository" },
    { what: "over plain http", redirectTo: "http://10.0.0.1", status: 502, code: "remote_refused" },
    { what: "to a file", redirectTo: "file:///etc", status: 502, code: "remote_refused" },
  ] as const)("a redirect to a private host $what is not followed", async ({ redirectTo, status, code }) => {
    await using redirecting = await startGitServer({ root, redirectTo });
    expectProblem(await create({ repoUrl: redirecting.url("example.git"), ...BRANCHES }), status, code);
  });

  test("a suggestion does not ask them either", async () => {
    const repoUrl = encodeURIComponent(`https://user:${PASSWORD}@github.com/team/app.git`);
    const answer = await router.api("GET", `/api/sessions/suggest-branch?repoUrl=${repoUrl}`);
    expectProblem(answer, 400, "invalid_repository");
  });
});

describe("remotes", () => {
  test("nobody listens there", async () => {
    const [port] = await freePorts(1);
    const answer = await create({ repoUrl: `http://127.0.0.1:${port}/example.git`, ...BRANCHES });
    expectProblem(answer, 502, "remote_unreachable");
  });

  test("nobody answers there", async () => {
    await using silent = await silentServer();
    const answer = await create({ repoUrl: `http://127.0.0.1:${silent.port}/example.git`, ...BRANCHES });
    expect(expectProblem(answer, 502, "remote_unreachable")).toContain("10 s");
  });

  test("there is no repository", async () => {
    expectProblem(await create({ repoUrl: server.url("missing.git"), ...BRANCHES }), 502, "remote_refused");
  });

  test("the repository asks for credentials", async () => {
    await using closed = await startGitServer({ root, basicAuth: "git:let-me-in" });
    const answer = await create({ repoUrl: closed.url("example.git"), ...BRANCHES });
    expect(expectProblem(answer, 502, "remote_refused")).toMatch(/credentials/);
  });

  test("the source branch is not there", async () => {
    const body = { repoUrl: server.url("example.git"), branch: "brave-otters", sourceBranch: "no-such-branch" };
    expect(expectProblem(await create(body), 422, "branch_missing")).toContain("no-such-branch");
  });
});

describe("branch names", () => {
  const names = [
    "-x",
    "--orphan",
    "a..b",
    "a b",
    "a~1",
    "a:b",
    "a.lock",
    "/a",
    "a//b",
    ".a",
    "@",
    "HEAD",
    "a@{1}",
    "a\u0007b",
  ];
  test.each(names)("%j", async (name) => {
    const repoUrl = server.url("example.git");
    expectProblem(await create({ repoUrl, branch: name, sourceBranch: "main" }), 400, "invalid_branch");
    expectProblem(await create({ repoUrl, branch: "good", sourceBranch: name }), 400, "invalid_branch");
  });
});

describe("bodies", () => {
  test.each([
    ["a branch without a repository", { branch: "brave-otters" }],
    ["a repository without branches", { repoUrl: "https://github.com/team/app.git" }],
    ["a repository without a source branch", { repoUrl: "https://github.com/team/app.git", branch: "brave-otters" }],
    ["an unknown field", { initialMesage: "hello" }],
    ["a wrong type", { initialMessage: 7 }],
    ["a list", []],
    ["nothing", null],
  ])("%s", async (_what, body) => {
    expectProblem(await create(body), 400, "invalid_request");
  });

  test("an unknown field is named", async () => {
    expect((await create({ initialMesage: "hello" })).json<Problem>().detail).toContain("initialMesage");
  });

  const raw = (headers: Record<string, string>, body: string): Promise<Answer> =>
    call(router.ports.public, "/api/sessions", {
      method: "POST",
      headers: { host: router.mainHost(), ...router.identity("alice@example.org"), ...headers },
      body,
    });

  test("broken JSON", async () => {
    expectProblem(await raw({ "content-type": "application/json" }, '{"repoUrl":'), 400, "invalid_request");
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
  ])("%s is not JSON", async (type) => {
    expectProblem(await raw({ "content-type": type }, "{}"), 415, "unsupported_media_type");
  });

  test("no content type", async () => {
    expectProblem(await raw({}, "{}"), 415, "unsupported_media_type");
  });

  test("more than 1 MiB", async () => {
    const body = JSON.stringify({ initialMessage: "x".repeat(1024 * 1024) });
    const type = { "content-type": "application/json" };
    expectProblem(await raw({ ...type, "content-length": String(body.length) }, body), 413, "too_large");
    expectProblem(await raw({ ...type, "transfer-encoding": "chunked" }, body), 413, "too_large");
  });
});

describe("pages of other sites", () => {
  const foreign: [string, Record<string, string>][] = [
    ["another site", { origin: "https://evil.example" }],
    ["a session's page", { origin: "http://0123456789ab-oc.localhost" }],
    ["an opaque origin", { origin: "null" }],
    ["cross-site without an origin", { "sec-fetch-site": "cross-site" }],
    ["same-site without an origin", { "sec-fetch-site": "same-site" }],
  ];
  test.each(foreign)("%s may not change anything", async (_who, headers) => {
    expectProblem(await create({}, headers), 403, "cross_origin");
    for (const [method, path] of [
      ["DELETE", "/api/sessions/0123456789ab"],
      ["POST", "/api/sessions/0123456789ab/resume"],
      ["POST", "/api/sessions/0123456789ab/stop"],
    ] as const)
      expectProblem(await router.api(method, path, { headers }), 403, "cross_origin");
  });

  test("reading is not refused for its origin, and tells other sites nothing", async () => {
    const answer = await router.api("GET", "/api/sessions", { headers: { origin: "https://evil.example" } });
    expect(answer.status).toBe(200);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });
});

test("credentials of a URL are in no answer and in no log", async () => {
  const answers = [
    await create({ repoUrl: `https://user:${PASSWORD}@github.com/team/app.git`, ...BRANCHES }),
    await create({ repoUrl: `ssh://git:${PASSWORD}@github.com/team/app.git`, ...BRANCHES }),
    await create({ repoUrl: `https://${PASSWORD}@127.0.0.1/app.git`, branch: "--orphan", sourceBranch: "main" }),
    await router.api("GET", `/api/sessions/suggest-branch?repoUrl=https://u:${PASSWORD}@github.com/a.git`),
  ];
  for (const answer of answers) {
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain(PASSWORD);
  }
  expect(router.output).toContain("/api/sessions");
  expect(router.output).not.toContain(PASSWORD);
  expect(router.output).not.toContain(router.identity("alice@example.org")["x-edge-secret"]);
});

async function silentServer(): Promise<AsyncDisposable & { port: number }> {
  const silent: Server = createServer((socket) => socket.on("error", () => socket.destroy()).resume());
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const address = silent.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      silent.close();
    },
  };
}
