import { FanOut } from "../../src/lib/fan-out.ts";
import { silentLog } from "../../src/lib/log.ts";
import { Secret } from "../../src/lib/secret.ts";
import { ResourceRepository } from "../../src/runtimes/kubernetes/resource-repository.ts";
import { Sessions } from "../../src/sessions/service.ts";
import type { StoreChange } from "../../src/sessions/store.ts";
import { SAMPLE_URLS } from "./sample-urls.ts";
import { type FakeClock, settled } from "./fake-clock.ts";
import { FakeRuntime } from "./fake-runtime.ts";
import type { MemoryCluster } from "./memory-cluster.ts";
import { MemoryShares } from "./memory-shares.ts";
import { sampleReport } from "./sample-report.ts";

const SECRET = new Secret("a-secret-of-the-tests");

export interface Replica {
  readonly sessions: Sessions;
  readonly runtime: FakeRuntime;
}

export interface ReplicaOptions {
  readonly clock: FakeClock;
  readonly idleTimeoutMs: number;
  /** How much later than a router knows of it a session may have been used. */
  readonly unseenUseMs: number;
}

/** One of several routers on one cluster in memory: it hears of the others by its watch only. */
export async function startReplica(cluster: MemoryCluster, options: ReplicaOptions): Promise<Replica> {
  const { client, sessions: cache } = cluster.router();
  const resources = new ResourceRepository({ client, sessions: cache, clock: options.clock, log: silentLog });
  const changes = new FanOut<StoreChange>();
  cache.changes.subscribe((key) => changes.publish({ table: "sessions", key }));
  const runtime = new FakeRuntime();
  const sessions = await Sessions.open({
    ...options,
    store: {
      sessions: resources,
      shares: new MemoryShares(),
      messages: { list: () => Promise.resolve([]), replace: () => Promise.resolve() },
      changes,
      ping: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    runtime,
    home: null,
    remote: { heads: () => Promise.resolve({ ok: true, branches: ["main"] }) },
    urls: SAMPLE_URLS,
    idSecret: SECRET,
    tokenSecret: SECRET,
    secretsOf: () => Promise.resolve({}),
    githubTokenOf: () => null,
    limits: { maxSessions: 10, maxRunning: 10, maxStarts: 16 },
    repositories: { allowLocal: false, allowedHosts: [] },
    readReport: () => Promise.resolve(sampleReport()),
    log: silentLog,
  });
  await settled();
  return { sessions, runtime };
}
