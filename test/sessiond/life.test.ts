import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { startModelServer } from "../harness/model-server.ts";
import { ReportSink } from "../harness/report-sink.ts";
import { SessionFolder } from "../harness/sessiond.ts";

test("bad configuration: every problem at once, exit code 78", async () => {
  await using folder = await SessionFolder.create();
  const child = await folder.start({ SESSION_HASH: "x", WORKSPACE: "" });
  expect(await once(child, "close")).toEqual([78, null]);
  expect(folder.errors).toContain("SESSION_HASH");
  expect(folder.errors).toContain("WORKSPACE");
  expect(folder.errors).not.toContain(folder.key.reveal());
});

test("an opencode that is not there or may not run is an error with a sentence", async () => {
  await using folder = await SessionFolder.create();
  await writeFile(folder.path("not-executable"), "text");
  for (const [bin, sentence] of [
    [folder.path("missing"), "does not exist"],
    [folder.path("not-executable"), "may not be executed"],
  ] as const) {
    await folder.start({ OPENCODE_BIN: bin });
    const { status } = await folder.until((report) => report.status.opencode.state === "error");
    expect(status.opencode.lastCrash?.tail.join()).toContain(sentence);
    expect(status.readyAt).toBeNull();
    expect(await folder.stop()).toBe(0);
  }
});

test("an opencode that crashes is started again, its last words are kept", async () => {
  await using folder = await SessionFolder.create();
  const bin = folder.path("crash.sh");
  await writeFile(bin, "#!/bin/sh\necho x >> starts\necho 'cannot find module foo' >&2\nexit 9\n");
  await chmod(bin, 0o700);
  await folder.start({ OPENCODE_BIN: bin });
  const { status } = await folder.until((report) => report.status.opencode.state === "backoff");
  expect(status.opencode.lastCrash).toMatchObject({ exitCode: 9, signal: null, class: "missing_dependency" });
  expect(status.opencode.lastCrash?.tail).toEqual(["cannot find module foo"]);
  await folder.until((report) => report.status.opencode.lastCrash?.at !== status.opencode.lastCrash?.at);
  expect(await folder.stop()).toBe(0);
  expect(folder.processes()).toEqual([]);
});

test("ports and messages are pushed; the stop leaves no process and no socket, not even a child of a tool", async () => {
  await using model = await startModelServer();
  await using sink = await ReportSink.start();
  const command = `nohup setsid ${process.execPath} -e 'net.createServer().listen(0,\\"::1\\")' >/dev/null 2>&1 & echo started`;
  await using folder = await SessionFolder.create({
    modelUrl: model.url,
    initialMessage: `BASH[${command.replaceAll("\\", "")}]`,
    routerUrl: sink.url,
  });
  await folder.start();
  const push = await eventually(async () => {
    const last = sink.pushes.at(-1);
    const answered = last?.report.messages.some(({ text }) => text.startsWith("All done")) === true;
    if (last === undefined || !answered || last.report.status.ports.length === 0 || last.report.status.busy)
      throw new Error(`not pushed yet: ${JSON.stringify(last)}`);
    return last;
  });
  expect(push.path).toBe(`/internal/sessions/${folder.hash}/report`);
  expect(push.authorization).toBe(`Bearer ${folder.key.reveal()}`);
  expect(push.report.status.ports).toMatchObject([{ address: "::1" }]);
  expect(push.report.conversation?.directory).toBe(folder.path("workspace"));

  expect(await folder.stop()).toBe(0);
  expect(folder.processes()).toEqual([]);
  expect(existsSync(folder.socket)).toBe(false);
  expect(sink.pushes.at(-1)?.report.status.opencode.state).toBe("stopped");
});

test("after a kill -9 of sessiond alone the next one replaces the socket and the left opencode", async () => {
  await using folder = await SessionFolder.create();
  const first = await folder.start();
  const before = await folder.until(({ status }) => status.readyAt !== null);
  const gone = once(first, "exit");
  first.kill("SIGKILL");
  await gone;
  expect(folder.processes()).toContain(before.status.opencode.pid);

  await folder.start();
  const after = await folder.until(({ status }) => status.readyAt !== null);
  expect(folder.processes()).not.toContain(before.status.opencode.pid);
  expect(folder.processes()).toContain(after.status.opencode.pid);
  expect(after.status.opencode.pid).not.toBe(before.status.opencode.pid);
});

test("a second sessiond of the same session ends at once and harms nothing", async () => {
  await using folder = await SessionFolder.create();
  await using other = await SessionFolder.create();
  await folder.start();
  const { status } = await folder.until((report) => report.status.readyAt !== null);
  const second = await other.start({ SESSIOND_SOCKET: folder.socket, STATE_DIR: folder.path("state") });
  expect(await once(second, "close")).toEqual([1, null]);
  expect(other.errors).toContain("listens on");
  expect((await folder.report()).status.opencode.pid).toBe(status.opencode.pid);
});
