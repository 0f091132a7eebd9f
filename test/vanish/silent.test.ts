import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { eventually } from "../harness/http.ts";
import { startProgram } from "../harness/program.ts";
import { TwoHosts } from "../harness/two-hosts.ts";

const EACH = 20;

test("clients whose network is gone are let go of within seconds, others stay", { timeout: 60_000 }, async () => {
  await using hosts = await TwoHosts.connect();
  await using server = await startProgram("listener", [hosts.serverAddress], hosts.server);
  let open = 0;
  createInterface({ input: server.child.stdout }).on("line", (line) => {
    open = Number(line);
  });
  const arguments_ = [hosts.serverAddress, server.announced, String(EACH)];
  await using _near = await startProgram("clients", arguments_, hosts.server);
  await using _far = await startProgram("clients", arguments_, hosts.client);
  const isOpen = (wanted: number, limitMs: number) =>
    eventually(
      () => Promise.resolve(open),
      (count) => count === wanted,
      limitMs,
    );
  await isOpen(6 * EACH, 10_000);
  await hosts.cut();
  // Five seconds are promised, and as many are for a busy machine.
  await isOpen(3 * EACH, 10_000);
  // Those who are merely silent answer the kernel, for as long as they like.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  expect(open).toBe(3 * EACH);
});
