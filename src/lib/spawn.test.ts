import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { spawnGroup } from "./spawn.ts";

const sh = (script: string) =>
  spawnGroup({ file: "/bin/sh", args: ["-c", script], cwd: tmpdir(), env: { PATH: process.env["PATH"] } });

test("tells how a program ended and its last lines, without colours", async () => {
  const child = await sh("for i in $(seq 60); do echo line $i; done; printf '\\033[31mred\\033[0m' >&2; exit 3");
  expect(await child.exited).toEqual({ exitCode: 3, signal: null });
  const tail = child.tail();
  expect(tail).toHaveLength(50);
  expect(tail).toContain("red");
  expect(tail).toContain("line 60");
  expect(tail).not.toContain("line 1");
});

test("kills the whole group, and does not mind when it is gone", async () => {
  const child = await sh("sleep 600 & wait");
  child.kill("SIGTERM");
  expect(await child.exited).toEqual({ exitCode: null, signal: "SIGTERM" });
  child.kill("SIGTERM");
});

test("rejects with the system's code when there is no such program", async () => {
  const started = spawnGroup({ file: "/nonexistent", args: [], cwd: tmpdir(), env: {} });
  await expect(started).rejects.toMatchObject({ code: "ENOENT" });
});
