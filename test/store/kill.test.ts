import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import { openStore } from "../../src/store/open-store.ts";
import { startProgram } from "../harness/program.ts";

/** Lets a writer run until it has acknowledged `count` sessions and some milliseconds more, then kills it. */
async function writeAndKill(dataDir: string, first: number, { count, moreMs }: { count: number; moreMs: number }) {
  await using writer = await startProgram("store-writer", [dataDir, String(first)]);
  const stdout = writer.child.stdout;
  if (!stdout) throw new Error("the writer has no output");
  const acknowledged: number[] = [];
  const lines = createInterface({ input: stdout }).on("line", (line) => acknowledged.push(Number(line)));
  const closed = once(lines, "close");
  while (acknowledged.length < count) await once(lines, "line");
  await delay(moreMs);
  writer.child.kill("SIGKILL");
  await closed;
  return acknowledged;
}

test("kill -9 at any point loses nothing that was acknowledged", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "kill-"));
  try {
    const acknowledged: number[] = [];
    for (let round = 0; round < 8; round++) {
      // Round 0 is killed while it makes the tables.
      const when = { count: round === 0 ? 0 : Math.floor(Math.random() * 40), moreMs: Math.random() * 10 };
      acknowledged.push(...(await writeAndKill(dataDir, round * 100_000, when)));
      const store = await openStore({ dataDir });
      try {
        const titles = new Map((await store.sessions.all()).map((session) => [session.failedStarts, session.title]));
        expect(acknowledged.filter((number) => titles.get(number) !== `title ${number}`)).toEqual([]);
        for (const number of acknowledged.slice(-5)) {
          const hash = number.toString(16).padStart(12, "0") as SessionHash;
          expect(await store.messages.list(hash)).toMatchObject([{ text: `text ${number}` }]);
        }
      } finally {
        await store.close();
      }
    }
    expect(acknowledged.length).toBeGreaterThan(0);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
