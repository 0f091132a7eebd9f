import { createHash, randomBytes } from "node:crypto";
import type { Email } from "../../src/contracts/email.ts";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import { buildClaim } from "../../src/runtimes/kubernetes/build-claim.ts";
import { newResource } from "../../src/runtimes/kubernetes/session-resource.ts";
import type { SessionResource } from "../../src/runtimes/kubernetes/objects.ts";
import type { SessionRecord } from "../../src/sessions/store.ts";
import { MERGE_PATCH, type TestApi } from "../../test/cluster/harness/test-api.ts";
import { sampleSession } from "../../test/harness/sample-session.ts";
import { conversationOf, TITLE } from "./fake-sessiond.ts";
import { inLanes } from "./lanes.ts";

export interface Member {
  readonly email: Email;
  readonly hashes: readonly SessionHash[];
  /** Those of them that are wanted running. */
  readonly running: readonly SessionHash[];
}

export interface Place {
  readonly api: TestApi;
  readonly namespace: string;
}

export interface Numbers {
  readonly people: number;
  readonly sessions: number;
  readonly running: number;
}

const MINUTE_MS = 60_000;
/** One of so many has texts as long as the platform keeps them. */
const LARGE_EVERY = 20;
const LANES = 24;

/** Makes the sessions of many people in the cluster, as a router of former days has left them. */
export async function storeSessions(place: Place, { people, sessions, running }: Numbers): Promise<Member[]> {
  const now = Date.now();
  const records = Array.from({ length: sessions }, (_, index): SessionRecord => {
    const isRunning = index < running;
    return recordFor(index, {
      owner: `person-${(index % people) + 1}@example.org` as Email,
      desired: isRunning ? "running" : "stopped",
      createdAt: now - (sessions - index) * MINUTE_MS,
      lastActivity: isRunning ? now : now - (sessions - index) * MINUTE_MS,
    });
  });
  await inLanes(records, LANES, (record) => store(place, record));
  return Array.from({ length: people }, (_, person) => {
    const email = `person-${person + 1}@example.org` as Email;
    const own = records.filter(({ owner }) => owner === email);
    const wanted = own.filter(({ desired }) => desired === "running");
    return { email, hashes: own.map(({ hash }) => hash), running: wanted.map(({ hash }) => hash) };
  });
}

function recordFor(index: number, change: Partial<SessionRecord>): SessionRecord {
  const hash = createHash("sha256").update(`session ${index}`).digest("hex").slice(0, 12) as SessionHash;
  const isLarge = index % LARGE_EVERY === 0;
  return sampleSession({
    hash,
    repoUrl: `https://git.example.org/team/${isLarge ? "sub-group-of-the-team/".repeat(10) : ""}app.git`,
    initialMessage: (isLarge ? "Mend the first bug. ".repeat(160) : "Mend the first bug. ".repeat(15)).slice(0, 3_072),
    initialMessageDone: true,
    title: isLarge ? TITLE.padEnd(1_024, ".") : TITLE,
    description: isLarge ? "Payment. ".repeat(200).slice(0, 1_024) : null,
    conversation: conversationOf(hash),
    attachNonce: randomBytes(16).toString("base64url"),
    ...change,
  });
}

async function store({ api, namespace }: Place, record: SessionRecord): Promise<void> {
  const path = `/apis/opencode-router.dev/v1alpha1/namespaces/${namespace}/sessions`;
  const { status, ...resource } = newResource(record);
  const made = await api.call<SessionResource>("POST", path, resource);
  // The router itself tells the state of those that are to run.
  const shown = record.desired === "stopped" ? { state: "stopped", conditions: [STOPPED] } : {};
  await api.call("PATCH", `${path}/${record.hash}/status`, { status: { ...status, ...shown } }, MERGE_PATCH);
  if (record.desired === "stopped") await storeVolume({ api, namespace }, made);
}

const STOPPED = {
  type: "Ready",
  status: "False",
  reason: "Stopped",
  message: "",
  lastTransitionTime: "2026-01-02T03:04:05.000Z",
};

/** A stopped session keeps its volume. Its claim names one that nobody provides: the cluster need not do more with it. */
async function storeVolume({ api, namespace }: Place, { metadata }: SessionResource): Promise<void> {
  const hash = metadata.name as SessionHash;
  const claim = buildClaim(hash, { name: hash, uid: metadata.uid ?? "" }, { storageSize: "10Gi" });
  const spec = { ...claim.spec, storageClassName: "", volumeName: `volume-${hash}` };
  await api.call("POST", `/api/v1/namespaces/${namespace}/persistentvolumeclaims`, { ...claim, spec });
}
