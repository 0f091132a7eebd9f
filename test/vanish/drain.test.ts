import { expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { eventually } from "../harness/http.ts";
import { RawClient } from "../harness/raw-http.ts";
import { RawTarget } from "../harness/raw-target.ts";
import { startRouter } from "../harness/router.ts";

const SOCKET =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
const MB = 1024 * 1024;

/** The streams are told at once; some seconds are for a busy machine, and far fewer than the 25 that the rest may take. */
const soon = (good: () => boolean) => eventually(async () => good(), Boolean, 10_000);

test("SIGTERM lets uploads and downloads finish, and ends what only waits for events", async () => {
  await using router = await startRouter({ auth: "proxy" });
  const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
  await router.waitFor(hash, "running");
  await using target = await RawTarget.start(router, hash);
  const asked = (path: string, more = "", method = "GET") => `${method} ${path} HTTP/1.1\r\n${target.head}${more}\r\n`;
  const open = async (request: string) => (await RawClient.open(router.ports.public)).send(request);
  using upload = await open(asked("/", "Content-Length: 6\r\n", "POST"));
  upload.send("abc");
  using download = await open(asked(`/flood?bytes=${50 * MB}`));
  download.socket.removeAllListeners("data").pause();
  using events = await open(asked("/events"));
  using socket = await open(asked("/socket", SOCKET));
  using idle = await open(asked("/"));
  await idle.answer();
  await soon(() => events.received.includes("first one") && socket.received.includes("101"));
  await soon(() => target.connections.size >= 4);
  const ended = router.end("SIGTERM");
  await soon(() => events.ended && socket.ended && idle.ended);
  // A close frame with 1001 is the last that the socket hears.
  expect(socket.received.endsWith("\x88\x02\x03\xe9")).toBe(true);
  await expect(RawClient.open(router.ports.public)).rejects.toThrow("ECONNREFUSED");
  let arrived = 0;
  download.socket.on("data", (data: Buffer) => {
    arrived += data.length;
  });
  download.socket.resume();
  upload.send("def");
  const answer = await upload.answer();
  expect(answer?.body).toContain('"body":"abcdef"');
  await eventually(async () => arrived >= 50 * MB, Boolean, 20_000);
  expect(await ended).toBe(0);
});
