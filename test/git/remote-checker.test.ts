import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../src/lib/secret.ts";
import { freePort } from "../../src/lib/free-port.ts";
import { createRemoteChecker, type RemoteCheckerOptions } from "../../src/sessions/remote/remote-checker.ts";
import { makeRepository } from "../harness/git-repository.ts";
import { startGitServer } from "../harness/git-server.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "remote-"));
  await makeRepository(root, "app.git", { branches: ["main", "feature/one"] });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const env = { PATH: process.env.PATH };
const checker = (options: Partial<RemoteCheckerOptions> = {}) =>
  createRemoteChecker({ allowedHosts: ["127.0.0.1"], allowLocal: false, env, ...options });

const found = { ok: true, branches: ["feature/one", "main"] };
const problem = (code: string, says: RegExp) => ({ ok: false, code, message: expect.stringMatching(says) });

/** A web server that counts who asks. */
async function startWeb(answer: RequestListener) {
  let requests = 0;
  const server = createServer((req, res) => {
    requests++;
    answer(req, res);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const redirectTo =
  (location: string): RequestListener =>
  (_req, res) =>
    res.writeHead(302, { location }).end();

describe("a repository that is there", () => {
  test("tells its branches, and an empty one tells none", async () => {
    await using server = await startGitServer({ root });
    expect(await checker().heads(server.url("app.git"))).toEqual(found);
    await makeRepository(root, "empty.git", { branches: ["main"] });
    await rm(join(root, "empty.git", "refs", "heads", "main"));
    expect(await checker().heads(server.url("empty.git"))).toEqual({ ok: true, branches: [] });
  });

  test("is read from the disk in local mode, and only there", async () => {
    const local = checker({ allowLocal: true });
    expect(await local.heads(join(root, "app.git"))).toEqual(found);
    expect(await local.heads(`file://${join(root, "app.git")}`)).toEqual(found);
    expect(await local.heads(join(root, "none.git"))).toEqual(problem("remote_refused", /no git repository/));
    expect(await checker().heads(join(root, "app.git"))).toEqual(problem("invalid_repository", /disk/));
  });

  test("is asked at the address that was looked up, and at no other", async () => {
    await using server = await startGitServer({ root });
    const asked: string[] = [];
    const resolve = async (host: string) => {
      asked.push(host);
      return ["127.0.0.1"];
    };
    const rules = { allowedHosts: [`git.test.invalid:${server.port}`], resolve };
    // The system does not know this name: git reaches it by the pinned address alone.
    expect(await checker(rules).heads(`http://git.test.invalid:${server.port}/app.git`)).toEqual(found);
    expect(asked).toEqual(["git.test.invalid"]);
  });
});

describe("credentials", () => {
  const token = new Secret("t0ken-s3cret");
  const basicAuth = "x-access-token:t0ken-s3cret";

  test("are asked for in a sentence", async () => {
    await using server = await startGitServer({ root, basicAuth });
    expect(await checker().heads(server.url("app.git"))).toEqual(problem("remote_refused", /asks for credentials/));
    const ofToken = await checker({ tokenOrigin: server.url("") }).heads(server.url("app.git"));
    expect(ofToken).toEqual(problem("remote_refused", /Sign in with GitHub, or set your secret GITHUB_TOKEN/));
    const inUrl = server.url("app.git").replace("//", "//user:pw-s3cret@");
    const refusal = await checker().heads(inUrl);
    expect(refusal).toEqual(problem("invalid_repository", /user name and password/));
    expect(JSON.stringify(refusal)).not.toContain("pw-s3cret");
  });

  test("go to the hosts that they belong to, and to no other", async () => {
    await using server = await startGitServer({ root, basicAuth });
    const rules = { tokenOrigin: server.url("") };
    expect(await checker(rules).heads(server.url("app.git"), token)).toEqual(found);
    const seen: (string | undefined)[] = [];
    await using other = await startWeb((req, res) => {
      seen.push(req.headers.authorization);
      res.writeHead(404).end();
    });
    await checker(rules).heads(`http://127.0.0.1:${other.port}/app.git`, token);
    expect(seen).toEqual([undefined]);
  });

  test.each(["localhost", "127.0.0.1"])("a redirect to another place on %s does not take them along", async (host) => {
    const seen: (string | undefined)[] = [];
    await using other = await startWeb((req, res) => {
      seen.push(req.headers.authorization);
      res.writeHead(404).end();
    });
    const target = `http://${host}:${other.port}/app.git/info/refs?service=git-upload-pack`;
    await using first = await startWeb((req, res) => {
      seen.push(req.headers.authorization);
      redirectTo(target)(req, res);
    });
    const tokenOrigin = `http://127.0.0.1:${first.port}`;
    const rules = { allowedHosts: ["127.0.0.1", "localhost"], tokenOrigin };
    const result = await checker(rules).heads(`${tokenOrigin}/app.git`, token);
    expect(result).toEqual(problem("remote_refused", /no git repository/));
    expect(seen).toEqual([`Basic ${Buffer.from(basicAuth).toString("base64")}`, undefined]);
  });

  test("are in no argument and no message, also when they are wrong", async () => {
    await using server = await startGitServer({ root, basicAuth });
    const bin = await fakeGit(`printf '%s\\n' "$@" > "$LOG"; exec /usr/bin/env -u LOG PATH="$REAL" git "$@"`);
    const rules = { tokenOrigin: server.url(""), allowLocal: true, env: { ...bin.env, HOME: root } };
    expect(await checker(rules).heads(server.url("app.git"), token)).toEqual(found);
    expect(await readFile(bin.log, "utf8")).toBe(`ls-remote\n--heads\n--\n${server.url("app.git")}\n`);
    const wrong = await checker(rules).heads(server.url("app.git"), new Secret("wr0ng"));
    expect(wrong).toEqual(problem("remote_refused", /does not accept your token/));
    expect(JSON.stringify(wrong)).not.toMatch(/wr0ng|Basic/);
  });
});

describe("hosts that are not public", () => {
  test.each([
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://169.254.169.254/x",
    "ssh://git@10.0.0.1/x",
    "https://2130706433/x",
  ])("%s is not asked", async (url) => {
    expect(await checker({ allowedHosts: [] }).heads(url)).toEqual(problem("invalid_repository", /private address/));
  });

  test("one private address among public ones is enough", async () => {
    const resolve = async () => ["1.1.1.1", "10.0.0.1"];
    const result = await checker({ resolve }).heads("https://git.example.org/x");
    expect(result).toEqual(problem("invalid_repository", /git\.example\.org has a private address/));
  });

  test("are not reached by a redirect either", async () => {
    await using hidden = await startWeb((_req, res) => res.end());
    const suffix = "/x/info/refs?service=git-upload-pack";
    await using plain = await startWeb(redirectTo(`http://localhost:${hidden.port}${suffix}`));
    await using secure = await startWeb(redirectTo(`https://localhost:${hidden.port}${suffix}`));
    await using elsewhere = await startWeb(redirectTo("file:///etc/passwd"));
    const ask = (port: number) => checker().heads(`http://127.0.0.1:${port}/x`);
    expect(await ask(plain.port)).toEqual(problem("remote_refused", /redirects to a place/));
    expect(await ask(secure.port)).toEqual(problem("invalid_repository", /localhost has a private address/));
    expect(await ask(elsewhere.port)).toEqual(problem("remote_refused", /redirects to a place/));
    expect(hidden.requests()).toBe(0);
  });
});

describe("redirects", () => {
  test("are followed by hand, to the repository's place", async () => {
    await using server = await startGitServer({ root });
    await using moved = await startGitServer({ root, redirectTo: `http://127.0.0.1:${server.port}` });
    expect(await checker().heads(moved.url("app.git"))).toEqual(found);
  });

  test("end somewhere", async () => {
    await using loop = await startWeb((req, res) => res.writeHead(302, { location: req.url ?? "" }).end());
    const result = await checker().heads(`http://127.0.0.1:${loop.port}/x`);
    expect(result).toEqual(problem("remote_refused", /redirects too often/));
    expect(loop.requests()).toBe(6);
  });
});

describe("remotes that do not work are told apart", () => {
  test("nothing listens, the name is unknown, there is no repository, no git at all", async () => {
    await using server = await startGitServer({ root });
    await using web = await startWeb((_req, res) => res.end("<h1>Hello</h1>"));
    const dead = await freePort();
    const unknown = checker({ resolve: () => Promise.reject(new Error("ENOTFOUND")) });
    expect(await checker().heads(`http://127.0.0.1:${dead}/x`)).toEqual(
      problem("remote_unreachable", /cannot be reached/),
    );
    expect(await unknown.heads("https://nowhere.example.org/x")).toEqual(problem("remote_unreachable", /is not known/));
    expect(await checker().heads(server.url("none.git"))).toEqual(problem("remote_refused", /no git repository/));
    expect(await checker().heads(`http://127.0.0.1:${web.port}/x`)).toEqual(
      problem("remote_refused", /no git repository/),
    );
    expect(await checker().heads(`ssh://git@127.0.0.1:${dead}/x`)).toMatchObject({ code: "remote_unreachable" });
  });

  test("one that is slow", async () => {
    await using server = await startGitServer({ root, delayMs: 600_000 });
    const result = await checker({ timeoutMs: 300 }).heads(server.url("app.git"));
    expect(result).toEqual(problem("remote_unreachable", /127\.0\.0\.1 took longer than 0\.3 s/));
  });

  test("a git that hangs is ended with everything that it started", async () => {
    await using server = await startGitServer({ root });
    const bin = await fakeGit(`sleep 600 & echo "$$ $!" > "$LOG"; wait`);
    const rules = { timeoutMs: 2000, allowLocal: true, env: bin.env };
    expect(await checker(rules).heads(server.url("app.git"))).toEqual(problem("remote_unreachable", /took longer/));
    const pids = (await readFile(bin.log, "utf8")).trim().split(" ").map(Number);
    expect(pids).toHaveLength(2);
    await expect.poll(() => Promise.all(pids.map(runs))).toEqual([false, false]);
  });
});

/** A folder to put first into PATH, with a `git` that runs this shell script. */
async function fakeGit(script: string) {
  const folder = await mkdtemp(join(root, "bin-"));
  await writeFile(join(folder, "git"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "git"), 0o755);
  const log = join(folder, "log");
  return { log, env: { PATH: `${folder}:${process.env.PATH}`, LOG: log, REAL: process.env.PATH } };
}

/** A zombie has ended; it only waits for its parent to notice. */
async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z");
  return !/\) [ZX]/.test(stat);
}
