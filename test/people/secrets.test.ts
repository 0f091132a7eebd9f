import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Problem } from "../../src/contracts/problem.ts";
import type { Session } from "../../src/contracts/session.ts";
import { listProcesses } from "../../src/lib/processes.ts";
import { runInSession } from "../harness/in-session.ts";
import { eventually } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";

const ALICE = "alice@example.org";
const BOB = "bob@example.org";
const FIRST = "first-value-9f2c71";
const SECOND = 'second "value" $(id) 4b8e02';

const put = (router: TestRouter, name: string, body: unknown, as = ALICE) =>
  router.api("PUT", `/api/user/secrets/${name}`, { body, as });

const create = async (router: TestRouter, as = ALICE): Promise<string> => {
  const { hash } = (await router.api("POST", "/api/sessions", { body: {}, as })).json<Session>();
  await running(router, hash, as);
  return hash;
};

const running = (router: TestRouter, hash: string, as = ALICE) =>
  eventually(
    () => router.session(hash, as),
    ({ state, url }) => state === "running" && url !== null,
  );

const restart = async (router: TestRouter, hash: string): Promise<void> => {
  await router.api("POST", `/api/sessions/${hash}/stop`);
  await router.waitFor(hash, "stopped");
  await router.api("POST", `/api/sessions/${hash}/resume`);
  await running(router, hash);
};

let files = 0;

/** What a program in the session finds in a variable, told as a hash so that the test writes no value to the disk. */
async function seenInSession(router: TestRouter, hash: string, variable: string, as = ALICE): Promise<string> {
  const file = `seen-${files++}`;
  const script = `printf %s "$${variable}" | sha256sum >.${file} && mv .${file} ${file}`;
  if (as === ALICE) await runInSession(router, hash, ["/bin/sh", "-c", script]);
  else {
    const body = JSON.stringify({ command: "/bin/sh", args: ["-c", script] });
    const headers = { "content-type": "application/json" };
    expect((await router.onSession(hash, "/pty", { as, method: "POST", headers, body })).status).toBe(200);
  }
  const { content } = await eventually(
    async () => (await router.onSession(hash, `/file/content?path=${file}`, { as })).json<{ content?: string }>(),
    (answer) => Boolean(answer.content),
  );
  return content?.slice(0, 64) ?? "";
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Every file below a folder that holds one of the texts. */
async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    if (!(await stat(path).catch(() => undefined))?.isFile()) continue;
    const content = await readFile(path).catch(() => Buffer.alloc(0));
    if (texts.some((text) => content.includes(text))) found.push(name);
  }
  return found;
}

const commandLines = () =>
  Promise.all(listProcesses().map(({ pid }) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));

describe("secrets of people", () => {
  test("are in their owner's sessions from the next start on, and nowhere else", async () => {
    await using router = await startRouter({ auth: "proxy" });
    expect((await put(router, "MY_TOKEN", { value: FIRST })).status).toBe(201);
    const [own, others] = await Promise.all([create(router), create(router, BOB)]);
    expect(await seenInSession(router, own, "MY_TOKEN")).toBe(hashOf(FIRST));
    expect(await seenInSession(router, others, "MY_TOKEN", BOB)).toBe(hashOf(""));

    expect((await put(router, "MY_TOKEN", { value: SECOND })).status).toBe(204);
    expect(await seenInSession(router, own, "MY_TOKEN")).toBe(hashOf(FIRST));
    await restart(router, own);
    expect(await seenInSession(router, own, "MY_TOKEN")).toBe(hashOf(SECOND));

    for (const line of await commandLines()) expect(line).not.toMatch(/first-value-9f2c71|4b8e02/);
    expect(await filesWith(join(router.dataDir, "data"), [FIRST, SECOND])).toEqual([]);
    expect((await router.api("DELETE", "/api/user/secrets/MY_TOKEN")).status).toBe(204);
    await restart(router, own);
    expect(await seenInSession(router, own, "MY_TOKEN")).toBe(hashOf(""));
    expect(router.output).not.toMatch(/first-value-9f2c71|4b8e02/);
  });

  test("names are told, values never; what is not theirs is not there", async () => {
    await using router = await startRouter({ auth: "proxy" });
    const get = (path: string, as = ALICE) => router.api("GET", `/api/user/secrets${path}`, { as });
    expect((await get("")).json()).toEqual({ secrets: [] });
    expect((await get("/B")).status).toBe(404);
    const made = await put(router, "B", { value: FIRST });
    await put(router, "A", { value: SECOND });
    const entry = { name: "B", updatedAt: expect.stringMatching(/Z$/) as string };
    expect([made.status, made.json()]).toEqual([201, entry]);
    const listed = await get("");
    expect(listed.json()).toEqual({ secrets: [{ ...entry, name: "A" }, entry] });
    expect((await get("/B")).json()).toEqual(entry);
    expect([(await get("/B", BOB)).status, (await get("", BOB)).json()]).toEqual([404, { secrets: [] }]);
    expect((await router.api("DELETE", "/api/user/secrets/B", { as: BOB })).status).toBe(404);
    expect((await router.api("DELETE", "/api/user/secrets/B")).status).toBe(204);
    expect((await router.api("DELETE", "/api/user/secrets/B")).status).toBe(404);
  });

  test("a refused name or value is told with a sentence that does not repeat the value", async () => {
    await using router = await startRouter({ auth: "proxy" });
    const names = ["PATH", "HOME", "LD_PRELOAD", "NODE_OPTIONS", "GIT_SSH_COMMAND", "OPENCODE_CONFIG", "SESSION_HASH"];
    for (const name of [...names, "lower", "A%20B", "1A", "A".repeat(129)]) {
      const answer = await put(router, name, { value: FIRST });
      expect([name, answer.status, answer.json<Problem>().detail]).toEqual([name, 400, expect.stringMatching(/\.$/)]);
      expect(answer.text).not.toContain(FIRST);
    }
    const bodies = [{ value: `${FIRST}\0` }, { value: FIRST.repeat(5_000) }, { value: [FIRST] }, { values: FIRST }, {}];
    for (const body of bodies) {
      const answer = await put(router, "A", body);
      expect([answer.status, answer.text]).toEqual([400, expect.not.stringContaining(FIRST)]);
    }
    expect((await put(router, "A", { value: "x".repeat(65_536) })).status).toBe(201);
    expect(router.output).not.toContain(FIRST);
  });

  test("after a change of the token secret, sessions start without them, and the log names them", async () => {
    await using router = await startRouter();
    await put(router, "MY_TOKEN", { value: FIRST });
    const hash = await create(router);
    expect(await seenInSession(router, hash, "MY_TOKEN")).toBe(hashOf(FIRST));
    await router.end("SIGTERM");
    await rm(join(router.dataDir, "data/secrets/token"));
    await router.start();
    await running(router, hash);
    expect(await seenInSession(router, hash, "MY_TOKEN")).toBe(hashOf(""));
    expect(router.output).toMatch(/"name":"MY_TOKEN".*secret\.unreadable/);
    expect((await put(router, "MY_TOKEN", { value: SECOND })).status).toBe(204);
    await restart(router, hash);
    expect(await seenInSession(router, hash, "MY_TOKEN")).toBe(hashOf(SECOND));
  });
});
