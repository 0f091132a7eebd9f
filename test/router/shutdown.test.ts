import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Session } from "../../src/contracts/session.ts";
import { eventually } from "../harness/eventually.ts";
import { runInSession } from "../harness/in-session.ts";
import { call, open } from "../harness/http.ts";
import { startPostgres } from "../harness/postgres.ts";
import { processesWith } from "../harness/processes.ts";
import { startRouter } from "../harness/router.ts";
import { openSocket } from "../harness/web-socket.ts";

test("SIGTERM ends streams with a hint, sockets with 1001, and sessions cleanly; the next start brings them back", async () => {
  await using router = await startRouter();
  const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
  const before = await router.waitFor(hash, "running");
  const folder = join(router.dataDir, "data/sessions", hash);

  const stream = await open(router.ports.public, "/api/sessions/stream", { headers: { host: router.mainHost() } });
  const told = text(stream);
  const terminal = await runInSession(router, hash, ["/bin/sh"]);
  const socket = await openSocket(router.ports.public, `/pty/${terminal}/connect`, { host: router.sessionHost(hash) });
  if (!(socket instanceof WebSocket)) throw new Error(`refused with ${socket}`);
  const closed = once(socket, "close") as Promise<[number]>;

  const ended = router.end("SIGTERM");
  // An impatient second signal changes nothing.
  process.kill(router.pid, "SIGTERM");
  expect(await ended).toBe(0);
  expect(await told).toMatch(/retry: \d+\n\n$/);
  expect((await closed)[0]).toBe(1001);
  expect(await processesWith(folder)).toEqual([]);

  await router.start();
  const after = await router.waitFor(hash, "running");
  expect(after.url).toBe(before.url);
});

test("on PostgreSQL everything is there after a kill -9", async () => {
  await using postgres = await startPostgres();
  await using router = await startRouter({ env: { DATABASE_URL: await postgres.createDatabase() } });
  const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
  const before = await router.waitFor(hash, "running");
  await router.end("SIGKILL");
  await router.start();
  expect((await router.waitFor(hash, "running")).url).toBe(before.url);
  expect((await call(router.ports.internal, "/readyz")).status).toBe(200);
  expect((await router.api("DELETE", `/api/sessions/${hash}`)).status).toBe(204);
  await router.waitFor(hash, "gone");
});

test("an opencode whose router and sessiond both were killed is ended before another one starts", async () => {
  await using router = await startRouter();
  const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
  const before = await router.waitFor(hash, "running");
  const folder = join(router.dataDir, "data/sessions", hash);
  const { pid: sessiond } = JSON.parse(await readFile(join(folder, "run.json"), "utf8")) as { pid: number };
  const others = (await processesWith(folder)).filter((pid) => pid !== sessiond);
  expect(others).not.toEqual([]);
  // Held, it does not end by itself because nobody reads any more what it says.
  for (const pid of others) process.kill(pid, "SIGSTOP");
  await router.end("SIGKILL");
  process.kill(sessiond, "SIGKILL");
  await eventually(async () => expect(await processesWith(folder)).toEqual(others));

  await router.start();
  expect((await router.waitFor(hash, "running")).url).toBe(before.url);
  expect((await processesWith(folder)).filter((pid) => others.includes(pid))).toEqual([]);
});
