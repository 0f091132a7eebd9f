/**
 * Writes sessions into the SQLite store of the folder in its first argument until it is killed, beginning with the number
 * in its second. Prints `opening`, then the number of each session once the store has acknowledged all of it.
 */
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import { openStore } from "../../src/store/open-store.ts";
import { endWithParent } from "../harness/program.ts";
import { sampleSession } from "../harness/sample-session.ts";

const [dataDir = "", first = "0"] = process.argv.slice(2);

async function write(): Promise<never> {
  process.stdout.write("opening\n");
  const store = await openStore({ dataDir });
  for (let number = Number(first); ; number++) {
    const hash = number.toString(16).padStart(12, "0") as SessionHash;
    await store.sessions.insert(sampleSession({ hash, failedStarts: number }));
    await store.sessions.update(hash, { title: `title ${number}` });
    await store.messages.replace(hash, [{ id: "1", role: "user", text: `text ${number}`, at: "2026-01-02T03:04:05Z" }]);
    process.stdout.write(`${number}\n`);
    // Statements are synchronous: what was printed leaves the process here.
    await new Promise(setImmediate);
  }
}

endWithParent();
await write();
