import { expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import { type Log, silentLog } from "../lib/log.ts";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { MemoryAudit } from "../../test/harness/memory-people.ts";
import { Audit } from "./audit.ts";

const actor = "alice@example.org" as Email;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function open() {
  const clock = new FakeClock();
  const repository = new MemoryAudit();
  const failed: object[] = [];
  const log: Log = { ...silentLog, error: (fields, event) => void failed.push({ ...fields, event }) };
  return { clock, repository, failed, audit: new Audit({ repository, clock, log }) };
}

const deed = (subject: string, detail?: string) => ({ actor, action: "secret.set", subject, detail }) as const;

test("deeds are listed newest first, page by page, each once", async () => {
  const { audit, clock } = open();
  for (const subject of ["A", "B", "C"]) audit.record(deed(subject));
  await clock.pass(HOUR);
  audit.record(deed("D", "why"));
  await audit.flush();
  const seen: string[] = [];
  let before: string | undefined;
  do {
    const page = await audit.page({ limit: 2, before });
    seen.push(...page.entries.map(({ subject }) => subject));
    before = page.next ?? undefined;
  } while (before !== undefined && seen.length < 10);
  expect(seen).toEqual(["D", "C", "B", "A"]);
  const [newest, older] = (await audit.page({ limit: 2 })).entries;
  const at = new Date(clock.now()).toISOString();
  expect(newest).toEqual({ id: expect.any(String) as string, at, ...deed("D", "why") });
  expect(older).not.toHaveProperty("detail");
});

test("their order does not depend on the clock's going on", async () => {
  const { audit, repository, clock } = open();
  audit.record(deed("A"));
  const later = clock.now();
  clock.now = () => later - DAY;
  audit.record(deed("B"));
  audit.record(deed("C"));
  await audit.flush();
  const ids = repository.records.map(({ id }) => id);
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids.map((id) => id.length))).toEqual(new Set([26]));
});

test("one that cannot be written fails nothing and is in the log", async () => {
  const { audit, repository, failed } = open();
  const { add } = repository;
  repository.add = () => Promise.reject(new Error("the disk is full"));
  expect(() => audit.record(deed("A"))).not.toThrow();
  await audit.flush();
  expect(failed).toMatchObject([{ subject: "A", actor, action: "secret.set", event: "audit.not-written" }]);
  repository.add = add;
  audit.record(deed("B"));
  await audit.flush();
  expect(repository.records.map(({ subject }) => subject)).toEqual(["B"]);
});

test("what waits for a database that hangs is bounded", async () => {
  const { audit, repository, failed } = open();
  repository.add = () => new Promise(() => {});
  for (let n = 0; n < 1_500; n++) audit.record(deed(`S${n}`));
  expect(failed).toHaveLength(500);
});

test("old ones are removed now and then, not with each deed", async () => {
  const { audit, repository, clock } = open();
  const record = async () => {
    audit.record(deed("A"));
    await audit.flush();
  };
  await record();
  await record();
  expect(repository.pruned).toEqual([{ before: clock.now() - 90 * DAY, keep: 100_000 }]);
  await clock.pass(HOUR);
  await record();
  expect(repository.pruned).toHaveLength(2);
});

test("no text makes an entry large", async () => {
  const { audit, repository } = open();
  audit.record(deed("s".repeat(10_000), "d".repeat(10_000)));
  await audit.flush();
  expect(repository.records[0]).toMatchObject({ subject: "s".repeat(500), detail: "d".repeat(500) });
});
