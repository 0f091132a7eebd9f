import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { processesWith } from "../harness/processes.ts";
import { freePorts, startRouter } from "../harness/router.ts";
import { runRouter } from "../harness/run-router.ts";

test.each(["PORT", "ATTACH_PORT", "INTERNAL_PORT"])("a taken %s is named with its variable", async (variable) => {
  const folder = await mkdtemp(join(tmpdir(), "ocr-port-"));
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const taken = typeof address === "object" && address ? address.port : 0;
  try {
    const [port = 0, attach = 0, internal = 0] = await freePorts(3);
    const ports = { PORT: String(port), ATTACH_PORT: String(attach), INTERNAL_PORT: String(internal) };
    const env = { DATA_DIR: join(folder, "data"), ...ports, [variable]: String(taken) };
    const { code, stderr } = await runRouter(env, { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain(`${variable}: port ${taken} `);
    expect(await readdir(join(folder, "data"))).toEqual([]);
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test("a second router on the same data and port does not touch the first one's sessions", async () => {
  await using router = await startRouter();
  const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
  const before = await router.waitFor(hash, "running");
  const data = join(router.dataDir, "data");
  const pids = await processesWith(join(data, "sessions", hash));
  const files = await readdir(data);

  const { port, attach, internal } = { port: router.ports.public, ...router.ports };
  const ports = { PORT: String(port), ATTACH_PORT: String(attach), INTERNAL_PORT: String(internal) };
  const second = await runRouter({ DATA_DIR: data, ...ports }, { cwd: router.dataDir });
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`PORT: port ${port} `);

  expect(await processesWith(join(data, "sessions", hash))).toEqual(pids);
  expect(await readdir(data)).toEqual(files);
  expect(await router.session(hash)).toMatchObject({ state: "running", url: before.url });
  expect((await router.onSession(hash, "/global/health")).status).toBe(200);
});

test("a second router on the same data and other ports is told who has it, and touches nothing", async () => {
  await using router = await startRouter();
  const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
  await router.waitFor(hash, "running");
  const data = join(router.dataDir, "data");
  const pids = await processesWith(join(data, "sessions", hash));
  const [port = 0, attach = 0, internal = 0] = await freePorts(3);
  const ports = { PORT: String(port), ATTACH_PORT: String(attach), INTERNAL_PORT: String(internal) };
  const second = await runRouter({ DATA_DIR: data, ...ports }, { cwd: router.dataDir });
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`DATA_DIR: the router with process number ${router.pid} uses`);
  expect(await processesWith(join(data, "sessions", hash))).toEqual(pids);

  // The mark of a killed router keeps nobody out.
  await router.end("SIGKILL");
  await router.start();
  await router.waitFor(hash, "running");
});
