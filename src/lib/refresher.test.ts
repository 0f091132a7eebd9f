import { expect, test } from "vitest";
import { FakeClock, settled } from "../../test/harness/fake-clock.ts";
import { silentLog } from "./log.ts";
import { Refresher } from "./refresher.ts";

function open(job: (key: string, run: number) => Promise<void>, pauseMs = 0) {
  const ran: string[] = [];
  const clock = new FakeClock();
  const closing = new AbortController();
  const refresher = new Refresher({
    job: (key) => job(key, ran.push(key)),
    pauseMs,
    clock,
    signal: closing.signal,
    log: silentLog,
  });
  return { ran, clock, closing, refresher };
}

test("what is asked for while it runs is one more run", async () => {
  let end: () => void = () => {};
  const { ran, refresher } = open(() => new Promise((resolve) => (end = resolve)));
  for (let n = 0; n < 5; n++) refresher.ask("a");
  expect(ran).toEqual(["a"]);
  for (let n = 0; n < 5; n++) refresher.ask("a");
  end();
  await settled();
  expect(ran).toEqual(["a", "a"]);
  end();
  await refresher.idle();
  expect(ran).toEqual(["a", "a"]);
});

test("a run that fails is tried again, ever later", async () => {
  const { ran, clock, refresher } = open(async (_key, run) => {
    if (run < 4) throw new Error("the database is away");
  });
  refresher.ask("a");
  await clock.pass(199);
  expect(ran).toHaveLength(1);
  await clock.pass(1);
  expect(ran).toHaveLength(2);
  await clock.pass(1200);
  expect(ran).toHaveLength(4);
  await clock.pass(60_000);
  expect(ran).toHaveLength(4);
});

test("the first run is at once, the next ones keep their distance", async () => {
  const { ran, clock, refresher } = open(() => Promise.resolve(), 250);
  refresher.ask("a");
  refresher.ask("b");
  expect(ran).toEqual(["a", "b"]);
  await settled();
  refresher.ask("a");
  await settled();
  expect(ran).toEqual(["a", "b"]);
  await clock.pass(250);
  expect(ran).toEqual(["a", "b", "a"]);
});

test("nothing begins after the signal, and waiting ends", async () => {
  const { ran, closing, refresher } = open(() => Promise.reject(new Error("never")));
  refresher.ask("a");
  await settled();
  closing.abort();
  await refresher.idle();
  refresher.ask("b");
  expect(ran).toEqual(["a"]);
});
