import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Email } from "../../src/contracts/email.ts";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { TestRouter } from "../harness/router.ts";
import { sampleSession } from "../harness/sample-session.ts";

export interface Member {
  readonly email: Email;
  readonly hashes: readonly SessionHash[];
}

/** Stores stopped blank projects of many people. The router must not have started yet. */
export async function storeCrowd(
  router: Pick<TestRouter, "dataDir">,
  { people, each }: { readonly people: number; readonly each: number },
): Promise<Member[]> {
  const crowd = numbers(people).map((person): Member => {
    const email = `person-${person}@example.org` as Email;
    return { email, hashes: numbers(each).map((session) => hashOf(`${email} ${session}`)) };
  });
  const store = await openStore({ dataDir: join(router.dataDir, "data") });
  try {
    const records = crowd.flatMap(({ email, hashes }) => hashes.map((hash) => stoppedProject(hash, email)));
    for (const record of records) await store.sessions.insert(record);
  } finally {
    await store.close();
  }
  return crowd;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12) as SessionHash;

const stoppedProject = (hash: SessionHash, owner: Email) =>
  sampleSession({
    hash,
    owner,
    repoUrl: null,
    branch: null,
    sourceBranch: null,
    initialMessage: null,
    desired: "stopped",
  });
