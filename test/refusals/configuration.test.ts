import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePorts } from "../harness/router.ts";
import { runRouter } from "../harness/run-router.ts";

const BAD = {
  PORT: "eighty",
  AUTH_MODE: "open",
  EDGE_SECRET: "hunter2",
  ADMIN_EMAILS: "root@example.org,nobody",
  LOG_LEVEL: "loud",
  DATABASE_URL: "mysql://root:hunter2@db/router",
  TOKEN_SECRET_FILE: "/nonexistent/token",
};
const NAMES = ["PORT", "AUTH_MODE", "EDGE_SECRET", "ADMIN_EMAILS", "LOG_LEVEL", "DATABASE_URL", "TOKEN_SECRET_FILE"];

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocr-config-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test.each([{ args: [] }, { args: ["--check-config"] }])(
  "every problem is listed at once, with $args",
  async ({ args }) => {
    const { code, stdout, stderr } = await runRouter({ DATA_DIR: join(folder, "data"), ...BAD }, { cwd: folder, args });
    expect(code).toBe(78);
    expect(stdout).toBe("");
    const lines = stderr.trimEnd().split("\n");
    expect(lines.map((line) => line.split(":")[0]).toSorted()).toEqual(NAMES.toSorted());
    for (const line of lines) expect(line).toMatch(/^[A-Z_]+: \S.{5,}/);
    // A value that is refused may be a secret all the same.
    expect(stderr).not.toContain("hunter2");
    expect(await readdir(folder)).toEqual([]);
  },
);

test("what no variable can see alone is found, too", async () => {
  const env = {
    AUTH_MODE: "proxy",
    BIND_ADDRESS: "everywhere",
    PORT: "4000",
    ATTACH_PORT: "4000",
    MAIN_HOST: "http://x/",
  };
  const { code, stderr } = await runRouter({ DATA_DIR: join(folder, "data"), ...env }, { cwd: folder });
  expect(code).toBe(78);
  for (const name of ["EDGE_SECRET", "BIND_ADDRESS", "ATTACH_PORT", "MAIN_HOST"]) expect(stderr).toContain(name);
  expect(await readdir(folder)).toEqual([]);
});

test("local mode does not listen for the network", async () => {
  const { code, stderr } = await runRouter({ BIND_ADDRESS: "0.0.0.0" }, { cwd: folder });
  expect(code).toBe(78);
  expect(stderr).toMatch(/^BIND_ADDRESS: .*loopback/);
});

test("--check-config only checks", async () => {
  const [port = 0, attach = 0, internal = 0] = await freePorts(3);
  const ports = { PORT: String(port), ATTACH_PORT: String(attach), INTERNAL_PORT: String(internal) };
  const run = await runRouter({ DATA_DIR: join(folder, "data"), ...ports }, { cwd: folder, args: ["--check-config"] });
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout).toMatch(/good/);
  expect(await readdir(folder)).toEqual([]);
});

test.each(["SESSION_ENV_FILE", "SESSION_CONFIG_FILE", "MODELS_FILE"])("a missing %s is named", async (name) => {
  const missing = join(folder, "missing");
  const { code, stderr } = await runRouter(
    { DATA_DIR: join(folder, "data"), [name]: missing },
    { cwd: folder, args: ["--check-config"] },
  );
  expect(code).toBe(78);
  expect(stderr).toContain(name);
  expect(stderr).toContain(missing);
});

test("a data folder that is a file is named", async () => {
  const data = join(folder, "data");
  await writeFile(data, "not a folder");
  const [port = 0, attach = 0, internal = 0] = await freePorts(3);
  const ports = { PORT: String(port), ATTACH_PORT: String(attach), INTERNAL_PORT: String(internal) };
  const { code, stderr } = await runRouter({ DATA_DIR: data, ...ports }, { cwd: folder });
  expect(code).not.toBe(0);
  expect(stderr).toContain("DATA_DIR");
  expect(stderr).toContain(data);
});
