import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findTool } from "./find-tools.ts";

let root: string;
let built: string;
let system: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "find-tools-"));
  built = join(root, "built");
  system = join(root, "system");
  mkdirSync(built);
  mkdirSync(system);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const program = (folder: string, name: string): string => {
  const file = join(folder, name);
  writeFileSync(file, "#!/bin/sh\n");
  chmodSync(file, 0o755);
  return file;
};

test("what was built comes before what is on PATH", () => {
  const onPath = program(system, "etcd");
  expect(findTool("etcd", built, `/nowhere:${system}`)).toBe(onPath);
  const own = program(built, "etcd");
  expect(findTool("etcd", built, `/nowhere:${system}`)).toBe(own);
});

test("neither a folder, nor a file that cannot be run, nor a relative entry of PATH is a tool", () => {
  mkdirSync(join(built, "etcd"));
  writeFileSync(join(system, "etcd"), "", { mode: 0o644 });
  expect(findTool("etcd", built, system)).toBeUndefined();
  program(system, "kubectl");
  expect(findTool("kubectl", built, relative(process.cwd(), system))).toBeUndefined();
});

test("PATH of this process is the default", () => {
  expect(findTool("node")).toMatch(/\/node$/);
  expect(findTool("there-is-no-such-tool")).toBeUndefined();
});
