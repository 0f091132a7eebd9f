import { expect, onTestFinished, test } from "vitest";
import { sendJson, startFakeApiServer } from "../../../test/harness/fake-api-server.ts";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { silentLog } from "../../lib/log.ts";
import { ClusterConnection, type Call } from "./cluster-connection.ts";

const call = (method: Call["method"], path: string): Call => ({ title: `${method} ${path}`, method, path });

async function open(status: number, retryAfter?: string) {
  const server = await startFakeApiServer((res, { url }) => {
    if (retryAfter !== undefined) res.setHeader("retry-after", retryAfter);
    sendJson(res, url.startsWith("/busy") ? status : 200, {});
  });
  const clock = new FakeClock();
  const connection = new ClusterConnection({
    source: { server: server.url, tls: {} },
    log: silentLog,
    clock,
    timeoutMs: 60_000,
  });
  onTestFinished(async () => {
    await connection.close();
    await server[Symbol.asyncDispose]();
  });
  let counted = 0;
  const asked = () => {
    const before = counted;
    counted = server.calls.length;
    return counted - before;
  };
  return { connection, clock, asked };
}

test("a call that the server put off does not reach it again before its time, whoever makes it", async () => {
  const { connection, clock, asked } = await open(429, "7");
  await expect(connection.exchange(call("POST", "/busy"))).rejects.toMatchObject({
    kind: "tooMany",
    retryAfterMs: 7000,
  });
  expect(asked()).toBe(1);
  await clock.pass(5_000);
  const again = connection.exchange(call("POST", "/busy?x=y"));
  await expect(again).rejects.toMatchObject({ kind: "tooMany", status: 429, retryAfterMs: 2000 });
  expect(asked()).toBe(0);
  await clock.pass(2_000);
  await expect(connection.exchange(call("POST", "/busy"))).rejects.toMatchObject({ retryAfterMs: 7000 });
  expect(asked()).toBe(1);
});

test("others go on meanwhile, and so does one that was refused without a time", async () => {
  const { connection, asked } = await open(429, "7");
  await connection.exchange(call("POST", "/busy")).catch(() => {});
  await connection.exchange(call("POST", "/free"));
  await connection.exchange(call("GET", "/busy")).catch(() => {});
  expect(asked()).toBe(3);
  const timeless = await open(500);
  for (const path of ["/busy", "/busy"]) await timeless.connection.exchange(call("GET", path)).catch(() => {});
  expect(timeless.asked()).toBe(2);
});
