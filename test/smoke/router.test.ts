import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineSays, runEngine } from "./engine.ts";
import { image } from "./image.ts";
import { checkHealthOfNothing, RouterContainer, runRouterImage } from "./router-container.ts";
import { secretsOfHistory, secretsOfLayers, secretVariables, variablesOf, type Known } from "./secrets.ts";

const MAX_BYTES = 350_000_000;
/** sysexits.h: the configuration is wrong. */
const EX_CONFIG = 78;
const EDGE_SECRET = "an-edge-secret-of-the-smoke-test";
const KNOWN: Known = { text: /The configuration is good\./g, path: "app/dist/router/main.js" };
const HOST = "code.example.org";
const GOOD = { EDGE_SECRET, ROUTER_DOMAIN: HOST, BIND_ADDRESS: "127.0.0.1" };
const CLAIMED = { host: HOST, "x-auth-request-email": "alice@example.org" };
const FROM_EDGE = { ...CLAIMED, "x-edge-secret": EDGE_SECRET };

test("a bad configuration: every problem is listed, and the exit code says what is wrong", async () => {
  const { code, stderr } = await runRouterImage({ PORT: "no", AUTH_MODE: "magic", MAX_SESSIONS_PER_USER: "0" });
  expect(code).toBe(EX_CONFIG);
  for (const name of ["PORT", "AUTH_MODE", "MAX_SESSIONS_PER_USER"])
    expect(stderr).toMatch(new RegExp(`^${name}: `, "m"));
});

test("without a configuration it does not start: the image trusts no edge by itself", async () => {
  const { code, stderr } = await runRouterImage({});
  expect(code).toBe(EX_CONFIG);
  expect(stderr).toMatch(/^EDGE_SECRET: /m);
});

test("a good configuration passes --check-config", async () => {
  expect(await runRouterImage(GOOD, ["--check-config"])).toMatchObject({
    code: 0,
    stdout: "The configuration is good.\n",
  });
});

test("the health check fails while nothing answers", async () => {
  expect(await checkHealthOfNothing()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("ECONNREFUSED") as string,
  });
});

test("the image is of the sizes, names and user that it should be", async () => {
  const config = JSON.parse(await engineSays("image", "inspect", "--format={{json .Config}}", image)) as {
    User: string;
    Labels: Record<string, string>;
  };
  expect(config.User).toBe("1000:1000");
  expect(config.Labels["org.opencontainers.image.title"]).toBe("opencode-router");
  expect(config.Labels["org.opencontainers.image.version"]).toMatch(/^\d+\.\d+\.\d+/);
  expect(config.Labels["org.opencontainers.image.revision"]).toMatch(/^[0-9a-f]{40}$/);
  const bytes = Number(await engineSays("image", "inspect", "--format={{.Size}}", image));
  console.log(`router image: ${Math.ceil(bytes / 1e6)} MB unpacked, at most ${MAX_BYTES / 1e6} MB`);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
});

test("nothing secret is in the image: not in its history, its environment or its layers", async () => {
  const history = await engineSays("history", "--no-trunc", "--format={{.CreatedBy}}", image);
  expect(history).toContain("dist/router/main.js");
  expect(secretsOfHistory(history)).toEqual([]);
  const variables = await variablesOf(image);
  expect(variables).toContain("AUTH_MODE=proxy");
  expect(secretVariables(variables)).toEqual([]);
  expect(await secretsOfLayers(image, KNOWN)).toEqual({ texts: ["The configuration is good."], paths: [KNOWN.path] });
});

describe("a router in its container", () => {
  let router: RouterContainer;
  beforeAll(async () => {
    router = await RouterContainer.start(GOOD);
    await router.healthy();
  });
  afterAll(() => router?.[Symbol.asyncDispose]());

  test("it runs without a privilege, and cannot write to its root", async () => {
    const status = await engineSays("exec", router.id, "cat", "/proc/1/status");
    for (const id of ["Uid", "Gid"]) expect(status).toMatch(new RegExp(`^${id}:(\\s+1000){4}$`, "m"));
    // Of whoever is not root only the last of these says whether rights were dropped.
    for (const set of ["Inh", "Prm", "Eff", "Amb", "Bnd"])
      expect(status).toMatch(new RegExp(`^Cap${set}:\\s+0+$`, "m"));
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect((await runEngine(["exec", router.id, "touch", "/app/x"])).stderr).toMatch(/Read-only file system/);
    expect(await engineSays("exec", router.id, "cat", "/proc/1/comm")).toBe("tini");
  });

  test("it is ready", async () => {
    expect(await router.ask(3001, "/readyz")).toMatchObject({ status: 200, text: "ready\n" });
  });

  test("people whom the edge signs in get the UI and its files, and nobody else does", async () => {
    const page = await router.ask(3000, "/", FROM_EDGE);
    expect(page).toMatchObject({ status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
    const script = /src="([^"]+\.js)"/.exec(page.text)?.[1] ?? "no script";
    const javascript = { status: 200, headers: { "content-type": "text/javascript; charset=utf-8" } };
    expect(await router.ask(3000, script, FROM_EDGE)).toMatchObject(javascript);
    const me = await router.ask(3000, "/api/me", FROM_EDGE);
    expect(JSON.parse(me.text)).toMatchObject({ email: "alice@example.org" });
    for (const path of ["/", "/api/me"])
      for (const headers of [{ host: HOST }, CLAIMED, { ...CLAIMED, "x-edge-secret": "guessed" }])
        expect(await router.ask(3000, path, headers)).toMatchObject({ status: 401 });
  });

  test("git and jq answer, and the database and its module work", async () => {
    expect(await engineSays("exec", router.id, "git", "--version")).toMatch(/^git version/);
    const remote = await runEngine(["exec", router.id, "git", "ls-remote", "https://127.0.0.1:1/x"]);
    expect(remote.stderr).toMatch(/Failed to connect/);
    expect(await engineSays("exec", router.id, "jq", "--version")).toMatch(/^jq/);
    expect(JSON.parse((await router.ask(3000, "/api/sessions", FROM_EDGE)).text)).toMatchObject({ sessions: [] });
  });

  test("SIGTERM ends it in time and without an error; its log has no secret", async () => {
    expect(await router.stop()).toBe(0);
    const { stdout, stderr } = await router.logs();
    expect(stdout + stderr).toContain("router.stopping");
    expect(stdout + stderr).not.toContain(EDGE_SECRET);
  });
});
