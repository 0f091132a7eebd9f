import { expect, test } from "vitest";
import type { SessionHash } from "../contracts/session-hash.ts";
import { silentLog } from "../lib/log.ts";
import { FakeClock, settled } from "../../test/harness/fake-clock.ts";
import { MemorySessions } from "../../test/harness/memory-sessions.ts";
import { sampleReport } from "../../test/harness/sample-report.ts";
import { sampleSession } from "../../test/harness/sample-session.ts";
import { SessionRegistry } from "./registry.ts";
import { Sightings } from "./sightings.ts";
import type { SessionPatch, Sighting } from "./store.ts";

const MINE = "aaaaaaaaaaaa" as SessionHash;
const THEIRS = "bbbbbbbbbbbb" as SessionHash;
const starting = (stage: "queued" | "cloning" | "booting"): Sighting => ({
  observed: { phase: "starting", stage },
  report: null,
});

/** Counts the writes, and may keep things in another form than it was given. */
class CountedSessions extends MemorySessions {
  writes: SessionHash[] = [];
  stored: (patch: SessionPatch) => SessionPatch = (patch) => patch;

  override update(hash: SessionHash, patch: SessionPatch) {
    this.writes.push(hash);
    return super.update(hash, this.stored(patch));
  }
}

async function open(home: string | null = "here") {
  const repository = new CountedSessions([
    sampleSession({ hash: MINE, home: "here" }),
    sampleSession({ hash: THEIRS, home: "there" }),
  ]);
  const registry = await SessionRegistry.load(repository);
  const clock = new FakeClock();
  const now = { sighting: starting("queued") };
  const sightings = new Sightings({ registry, sightingOf: () => now.sighting, home, clock, log: silentLog });
  // As in the service: what is written is a change, too.
  registry.changes.subscribe((hash) => sightings.look(hash));
  return { repository, registry, clock, now, sightings };
}

test("a change is stored at once, what follows it closely as one, and nothing twice", async () => {
  const { repository, registry, clock, now, sightings } = await open();
  sightings.look(MINE);
  await settled();
  expect(registry.get(MINE)?.seen).toEqual(starting("queued"));
  for (const stage of ["cloning", "booting"] as const) {
    now.sighting = starting(stage);
    sightings.look(MINE);
  }
  await clock.pass(60_000);
  expect(registry.get(MINE)?.seen).toEqual(starting("booting"));
  for (let n = 0; n < 10; n++) sightings.look(MINE);
  await clock.pass(60_000);
  expect(repository.writes).toEqual([MINE, MINE]);
});

test("a session of another router is not ours to tell, and alone there is nobody to tell", async () => {
  for (const [home, hash] of [
    ["here", THEIRS],
    [null, MINE],
  ] as const) {
    const { repository, clock, sightings } = await open(home);
    sightings.look(hash);
    await clock.pass(1_000);
    expect(repository.writes).toEqual([]);
  }
});

test("only what people see of a report is stored", async () => {
  const { registry, now, sightings } = await open();
  const conversation = { id: "ses_1", directory: "/home/a", title: "Long" };
  now.sighting = { observed: { phase: "running" }, report: sampleReport({ conversation }) };
  sightings.look(MINE);
  await settled();
  expect(registry.get(MINE)?.seen).toEqual({
    observed: { phase: "running" },
    report: {
      status: { readyAt: "2026-01-02T03:04:06.000Z", busy: false, ports: [] },
      conversation: { id: "ses_1", directory: "/home/a" },
    },
  });
});

test("a database that gives back another form is not written to for ever", async () => {
  const { repository, clock, sightings } = await open();
  repository.stored = () => ({ seen: null });
  sightings.look(MINE);
  await clock.pass(60_000);
  expect(repository.writes).toEqual([MINE]);
});

test("closing stores what is not stored yet, and afterwards nothing begins", async () => {
  const { repository, registry, now, sightings } = await open();
  sightings.look(MINE);
  await settled();
  now.sighting = starting("booting");
  sightings.look(MINE);
  await sightings.close();
  expect(registry.get(MINE)?.seen).toEqual(starting("booting"));
  now.sighting = starting("cloning");
  sightings.look(MINE);
  await settled();
  expect(repository.writes).toEqual([MINE, MINE]);
});
