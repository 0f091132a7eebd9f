import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hasEnvironment, listProcesses } from "../../src/lib/processes.ts";
import { makeRepository } from "../harness/git-repository.ts";
import { startGitHubServer, type GitHubServer } from "../harness/github-server.ts";
import { eventually } from "../harness/http.ts";
import { runInSession } from "../harness/in-session.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";
import { filesWith } from "./files-with.ts";

let root: string;
let hub: GitHubServer;
let router: TestRouter;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sign-in-"));
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

/** As the edge tells it after a sign-in. */
const signedInWith = (token: string) => ({ headers: { "x-auth-request-access-token": token } });

let runs = 0;
/** Runs a command of git in the session, as its person does in a terminal. @returns what it said, and its exit code */
async function gitInSession(hash: string, ...args: string[]): Promise<string> {
  const name = `git-${(runs += 1)}`;
  const script = `git "$@" >~/${name} 2>&1; echo "exit $?" >>~/${name}; mv ~/${name} ~/${name}.done`;
  // By way of env: opencode gives arguments of its own to what it takes for a shell.
  await runInSession(router, hash, ["env", "sh", "-c", script, "sh", ...args]);
  const file = join(router.dataDir, "data/sessions", hash, `home/${name}.done`);
  const read = () => readFile(file, "utf8").catch(() => "");
  return (await eventually(read, (text) => text !== "")).trim();
}

/** With what token each request of git came since then. */
async function gitTokens(from: number): Promise<Set<string>> {
  const asked = (await hub.requests()).slice(from).filter(({ url }) => url.includes(".git/"));
  const tokens = asked.map(({ authorization }) =>
    Buffer.from((authorization ?? "").replace("Basic ", ""), "base64").toString(),
  );
  // git asks once without before it asks its helper.
  return new Set(tokens.filter((token) => token !== ""));
}
const countRequests = async (): Promise<number> => (await hub.requests()).length;

test("the token of the sign-in clones a private repository, and a newer one is used by the session that runs", async () => {
  const body = { repoUrl: `${hub.origin}/acme/shop.git`, branch: "work", sourceBranch: "trunk" };
  const created = await router.api("POST", "/api/sessions", { body, ...signedInWith("gho_ada") });
  expect(created.status).toBe(201);
  const { hash } = created.json<{ hash: string }>();
  await router.waitFor(hash, "running");
  const folder = join(router.dataDir, "data/sessions", hash);
  expect(await readFile(join(folder, "home/workspace/README.md"), "utf8")).toContain("Example");

  const cloned = await countRequests();
  expect(await gitInSession(hash, "fetch", "origin")).toMatch(/exit 0$/);
  expect(await gitTokens(cloned)).toEqual(new Set(["x-access-token:gho_ada"]));

  expect((await router.api("GET", "/api/me", signedInWith("gho_ada_renewed"))).status).toBe(200);
  await eventually(
    async () => {
      const before = await countRequests();
      expect(await gitInSession(hash, "fetch", "origin")).toMatch(/exit 0$/);
      return gitTokens(before);
    },
    (tokens) => tokens.size === 1 && tokens.has("x-access-token:gho_ada_renewed"),
  );
  // Without a token in the request nothing changes, and others' tokens are others'.
  await router.api("GET", "/api/me");
  await router.api("GET", "/api/me", { as: "grace@example.org", ...signedInWith("gho_grace") });
  const before = await countRequests();
  expect(await gitInSession(hash, "push", "origin", "HEAD")).toMatch(/exit 0$/);
  expect(await gitTokens(before)).toEqual(new Set(["x-access-token:gho_ada_renewed"]));

  expect(await gitInSession(hash, "config", "user.email")).toBe("alice@example.org\nexit 0");
  const { pid: sessiond } = JSON.parse(await readFile(join(folder, "run.json"), "utf8")) as { pid: number };
  const processes = listProcesses().filter(({ pid }) => hasEnvironment(pid, `OPENCODE_ROUTER_SESSION=${hash}`));
  expect(processes.length).toBeGreaterThan(1);
  const environments = await Promise.all(
    processes
      .filter(({ pid }) => pid !== sessiond)
      .map(({ pid }) => readFile(`/proc/${pid}/environ`, "latin1").catch(() => "")),
  );
  expect(environments.filter((text) => text.includes("gho_"))).toEqual([]);
  expect(environments.some((text) => text.includes("GIT_CREDENTIAL_SOCKET="))).toBe(true);
  expect(await filesWith(join(router.dataDir, "data"), "gho_")).toEqual([]);
  expect((await router.api("GET", `/api/sessions/${hash}/status`)).text).not.toContain("gho_");
  expect(router.output).toContain("session.start");
  expect(router.output).not.toContain("gho_");

  await router.api("DELETE", `/api/sessions/${hash}`);
  await router.waitFor(hash, "gone");
});
