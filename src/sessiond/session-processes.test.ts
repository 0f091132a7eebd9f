import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { SESSION_MARK } from "../contracts/names.ts";
import { SessionProcesses } from "./session-processes.ts";

const HASH = "0123456789abcdef";
const MARK = `${SESSION_MARK}=${HASH}`;

function start(command: string, env: NodeJS.ProcessEnv) {
  const child = spawn("sh", ["-c", command], { env: { PATH: process.env["PATH"], ...env }, stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** Resolves when the program says its first word. */
const speaks = (child: ReturnType<typeof start>) => once(child.stdout, "data");

test("a process that was seen before it became the session's own is found", async () => {
  const sessiond = start("echo started; exec cat", {});
  const program = start("echo entered; read _; exec env $MARK sh -c 'echo started; exec cat'", { MARK });
  await Promise.all([speaks(sessiond), speaks(program)]);
  const processes = new SessionProcesses({ hash: HASH, home: undefined }, sessiond.pid ?? 0);
  const pids = () => processes.list().map(({ pid }) => pid);
  expect(pids()).not.toContain(program.pid);
  program.stdin.write("go\n");
  await speaks(program);
  expect(pids()).toContain(program.pid);
});

test("a process that has emptied its environment since it was seen is still the session's", async () => {
  const sessiond = start("echo started; exec cat", {});
  const program = start("echo started; read _; exec env -i sh -c 'echo changed; exec cat'", { [SESSION_MARK]: HASH });
  await Promise.all([speaks(sessiond), speaks(program)]);
  const processes = new SessionProcesses({ hash: HASH, home: undefined }, sessiond.pid ?? 0);
  const pids = () => processes.list().map(({ pid }) => pid);
  expect(pids()).toContain(program.pid);
  program.stdin.write("go\n");
  await speaks(program);
  expect(pids()).toContain(program.pid);
});
