import { once } from "node:events";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { destroyOnEarlyEnd } from "./early-end.ts";

test("a socket that ends while nobody reads is destroyed", async () => {
  const socket = new PassThrough();
  destroyOnEarlyEnd(socket);
  const closed = once(socket, "close");
  socket.end();
  await closed;
  expect(socket.destroyed).toBe(true);
});

test("what comes meanwhile is there for the reader", async () => {
  const socket = new PassThrough();
  const stop = destroyOnEarlyEnd(socket);
  socket.write("early ");
  await wait(5);
  stop();
  const all = text(socket.pipe(new PassThrough()));
  socket.end("late");
  expect(await all).toBe("early late");
});
