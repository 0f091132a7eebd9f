import { once } from "node:events";
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { silentLog } from "../../src/lib/log.ts";
import { callOpencode, eventually, settled, startAndWait } from "../../src/runtimes/contract-steps.ts";
import type { SessionSpec } from "../../src/runtimes/runtime.ts";
import { makeRepository } from "../harness/git-repository.ts";
import { startGitServer } from "../harness/git-server.ts";
import { type ProcessFixture, processFixture } from "./process-fixture.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function makeFixture(change: Parameters<typeof processFixture>[0] = {}): Promise<ProcessFixture> {
  const fixture = await processFixture(change);
  cleanUps.push(() => fixture[Symbol.asyncDispose]());
  return fixture;
}

async function makeScratch(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "ocr-scratch-"));
  cleanUps.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

const failureOf = async ({ runtime }: ProcessFixture, spec: SessionSpec) => {
  runtime.start(spec);
  const observed = await settled(runtime, spec.hash);
  expect(observed.phase).toBe("failed");
  return observed.phase === "failed" ? observed.failure : undefined;
};

test("no variable of the router gets into a session, and the key is in no environment and no command line", async () => {
  process.env["ROUTER_ONLY_SECRET"] = "must-not-leak";
  cleanUps.push(() => delete process.env["ROUTER_ONLY_SECRET"]);
  const fixture = await makeFixture({ sessionEnv: { OPERATORS_OWN: "given" } });
  const spec = fixture.spec();
  await startAndWait(fixture.runtime, spec);
  const processes = await fixture.processes(spec.hash);
  expect(processes.length).toBeGreaterThanOrEqual(2);
  for (const line of processes) {
    const pid = Number.parseInt(line, 10);
    const environ = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
    expect(environ).toContain("OPERATORS_OWN=given");
    const all = [line, ...environ].join("\n");
    expect(all).not.toContain("must-not-leak");
    expect(all).not.toContain(spec.sessionKey.reveal());
  }
});

test("starts with the baked configuration and asks no package registry", async () => {
  const asked: string[] = [];
  const registry = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(503).end();
  }).listen(0, "127.0.0.1");
  await once(registry, "listening");
  cleanUps.push(() => registry.close());
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`;
  const fixture = await makeFixture({ sessionEnv: { npm_config_registry: url } });
  const spec = fixture.spec();
  await startAndWait(fixture.runtime, spec);
  const call = { runtime: fixture.runtime, hash: spec.hash, key: spec.sessionKey };
  expect(JSON.parse((await callOpencode(call, "/config")).text)).toMatchObject({
    share: "disabled",
    autoupdate: false,
  });
  expect((await callOpencode(call, "/config/providers")).status).toBe(200);
  expect(asked).toEqual([]);

  // With plugins of the person's own it must be asked: that the list above is empty has a meaning.
  await fixture.runtime.stop(spec.hash);
  await mkdir(join(fixture.folder(spec.hash).home, ".config/opencode/plugin"));
  await startAndWait(fixture.runtime, spec);
  await callOpencode(call, "/config");
  await eventually("the registry is asked", () => (asked.length > 0 ? true : undefined));
});

test("clones over HTTP and works on the session's branch", async () => {
  const root = await makeScratch();
  await makeRepository(root, "x.git", { branches: ["main"], files: { "hello.txt": "from the remote\n" } });
  const server = await startGitServer({ root });
  cleanUps.push(() => server[Symbol.asyncDispose]());
  const fixture = await makeFixture();
  const spec = fixture.spec({ repoUrl: server.url("x.git"), branch: "ann/new", sourceBranch: "main" });
  await startAndWait(fixture.runtime, spec);
  const { workspace } = fixture.folder(spec.hash);
  expect(await readFile(join(workspace, "hello.txt"), "utf8")).toBe("from the remote\n");
  expect(await readFile(join(workspace, ".git/HEAD"), "utf8")).toBe("ref: refs/heads/ann/new\n");
  await fixture.runtime.remove(spec.hash);
  expect(await fixture.remains(spec.hash)).toEqual([]);
});

test("invalid overrides are told to the operator and do not keep a session from starting", async () => {
  const overridesFile = join(await makeScratch(), "overrides.json");
  await writeFile(overridesFile, "{ nonsense");
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (fields: object) => void warnings.push(JSON.stringify(fields)) };
  const fixture = await makeFixture({ overridesFile, log });
  const spec = fixture.spec();
  await startAndWait(fixture.runtime, spec);
  expect(warnings.join("\n")).toContain(`${overridesFile} is not a valid JSON object`);
});

test("an opencode that exits is told with its class and its last line", async () => {
  const fixture = await makeFixture();
  await fixture.breakAgent();
  const failure = await failureOf(fixture, fixture.spec());
  expect(failure?.reason).toBe("agent_crashed");
  expect(failure?.message).toContain("missing_dependency");
  expect(failure?.message).toContain("Cannot find module yargs");
});

test("an opencode that is not there is told before anything is made", async () => {
  const fixture = await makeFixture({ opencodeBin: "/nowhere/opencode" });
  const spec = fixture.spec();
  const failure = await failureOf(fixture, spec);
  expect(failure).toMatchObject({
    reason: "agent_crashed",
    message: expect.stringContaining("/nowhere/opencode") as string,
  });
  expect(await fixture.remains(spec.hash)).toEqual([]);
});

test("a full disk is told as that, leaves nothing running, and a later start works", async () => {
  const fixture = await makeFixture();
  const spec = fixture.spec();
  const config = join(fixture.folder(spec.hash).home, ".config/opencode");
  await mkdir(config, { recursive: true });
  await symlink("/dev/full", join(config, ".config.json.next"));
  expect((await failureOf(fixture, spec))?.reason).toBe("disk_full");
  expect(await fixture.processes(spec.hash)).toEqual([]);
  await rm(join(config, ".config.json.next"));
  await startAndWait(fixture.runtime, spec);
});

test("a sessiond that cannot start is told with its last line", async () => {
  const fixture = await makeFixture({ sessiondMain: "/nowhere/main.js" });
  const failure = await failureOf(fixture, fixture.spec());
  expect(failure?.reason).toBe("sessiond_crashed");
  expect(failure?.message).toContain("/nowhere/main.js");
});

test("an opencode that never gets ready is ended after the time limit", async () => {
  const fixture = await makeFixture({ startTimeoutMs: 300 });
  await writeFile(fixture.options.opencodeBin, "#!/bin/sh\nexec sleep 600\n");
  const spec = fixture.spec();
  expect((await failureOf(fixture, spec))?.reason).toBe("timeout");
  expect(await fixture.processes(spec.hash)).toEqual([]);
});

test("after a reboot the notes of before mean nothing, whoever has the number now", async () => {
  const fixture = await makeFixture();
  const spec = fixture.spec();
  const { root, run, socket } = fixture.folder(spec.hash);
  await mkdir(root, { recursive: true });
  await writeFile(run, JSON.stringify({ pid: process.pid, startTicks: 1, bootId: "another" }));
  await writeFile(socket, "");
  await fixture.runtime.adopt([spec]);
  expect(fixture.runtime.observe(spec.hash)).toEqual({ phase: "absent" });
  await startAndWait(fixture.runtime, spec);
});

test("a sessiond that has another key is ended, not adopted", async () => {
  const fixture = await makeFixture();
  const spec = fixture.spec();
  await startAndWait(fixture.runtime, spec);
  const next = await fixture.replaceRuntime();
  await next.adopt([{ ...spec, sessionKey: fixture.spec().sessionKey }]);
  expect(next.observe(spec.hash)).toEqual({ phase: "absent" });
  expect(await fixture.processes(spec.hash)).toEqual([]);
});

test("what a router ends of its own sessions is never another router's, also of the same hash", async () => {
  const [one, two] = [await makeFixture(), await makeFixture()];
  const spec = one.spec();
  await startAndWait(one.runtime, spec);
  await startAndWait(two.runtime, spec);
  await two.killSessiond(spec.hash);
  await eventually("noticed", () => (two.runtime.observe(spec.hash).phase === "failed" ? true : undefined));
  await two.runtime.remove(spec.hash);
  expect(await two.processes(spec.hash)).toEqual([]);
  expect(one.runtime.observe(spec.hash)).toEqual({ phase: "running" });
  const call = { runtime: one.runtime, hash: spec.hash, key: spec.sessionKey };
  expect((await callOpencode(call, "/global/health")).status).toBe(200);
});

test("what a sessiond ends on its own stop is never another router's, also of the same hash", async () => {
  const [ours, theirs] = [await makeFixture(), await makeFixture()];
  const spec = ours.spec();
  await startAndWait(theirs.runtime, spec);
  await startAndWait(ours.runtime, spec);
  await ours.runtime.stop(spec.hash);
  expect(await ours.processes(spec.hash)).toEqual([]);
  expect(theirs.runtime.observe(spec.hash).phase).toBe("running");
  expect((await theirs.processes(spec.hash)).length).toBeGreaterThanOrEqual(2);
});

test("what a stopped session leaves is its home and its logs", async () => {
  const fixture = await makeFixture();
  const spec = fixture.spec({ initialMessage: null });
  await startAndWait(fixture.runtime, spec);
  await fixture.runtime.stop(spec.hash);
  expect((await readdir(fixture.folder(spec.hash).root)).toSorted()).toEqual(["gitconfig", "home", "key", "log"]);
});
