import { isSessionHash, type SessionHash } from "../../contracts/session-hash.ts";
import { FanOut } from "../../lib/fan-out.ts";
import type { Secret } from "../../lib/secret.ts";
import type { Observed, Runtime, SessionSpec } from "../runtime.ts";
import type { Cluster } from "./cluster.ts";
import { ClusterSession } from "./cluster-session.ts";
import { nextLookMs } from "./observe-pod.ts";
import { podName } from "./objects.ts";

/** The runtime of a cluster: a session is a pod with a volume, watched by every router and made by whichever is first. */
export class KubernetesRuntime implements Runtime {
  readonly #cluster: Cluster;
  readonly #sessions = new Map<SessionHash, ClusterSession>();
  readonly #changes = new FanOut<SessionHash>();
  readonly #closing = new AbortController();
  /** Pods whose state will be another one at a certain time, though nothing happens. */
  readonly #looks = new Map<SessionHash, AbortController>();
  readonly #watching: Disposable[];

  /** `cluster`: its caches are in step with the API already. */
  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const watch = (name: string) => {
      const hash = hashOf(name);
      if (hash !== undefined) this.#publish(hash);
    };
    this.#watching = [
      cluster.pods.changes.subscribe(watch),
      cluster.claims.changes.subscribe(watch),
      cluster.sessions.changes.subscribe((name) => this.#forgetGone(name)),
    ];
  }

  /** Pods of sessions that are to run go on; all others are ended. */
  async adopt(specs: readonly SessionSpec[]): Promise<void> {
    for (const spec of specs) this.#session(spec.hash).adopt(spec);
    const known = new Set<string>(specs.map(({ hash }) => podName(hash)));
    const others = this.#cluster.pods.all().flatMap(({ metadata }) => {
      const hash = hashOf(metadata?.name ?? "");
      return hash === undefined || known.has(podName(hash)) ? [] : [hash];
    });
    await Promise.all(
      others.map((hash) =>
        this.stop(hash).catch((cause: unknown) => {
          // One pod that does not end must not keep the others from coming up.
          this.#cluster.log.error({ hash, err: cause }, "pod of no session cannot be ended");
        }),
      ),
    );
  }

  observe(hash: SessionHash): Observed {
    return this.#session(hash).observed;
  }

  onChange(listener: (hash: SessionHash) => void): Disposable {
    return this.#changes.subscribe(listener);
  }

  start(spec: SessionSpec): void {
    if (!this.#closing.signal.aborted) this.#session(spec.hash).start(spec);
  }

  stop(hash: SessionHash): Promise<void> {
    return this.#session(hash).stop();
  }

  remove(hash: SessionHash): Promise<void> {
    return this.#session(hash).remove();
  }

  connect(hash: SessionHash) {
    return this.#session(hash).connect();
  }

  /** A newer token for GitHub of the owner's sign-in, for a session that runs. */
  keepToken(hash: SessionHash, token: Secret): Promise<void> {
    return this.#session(hash).keepToken(token);
  }

  /** Sessions go on without this router: nothing is begun any more, and nothing ended. */
  close(): Promise<void> {
    this.#closing.abort();
    for (const watching of this.#watching) watching[Symbol.dispose]();
    for (const look of this.#looks.values()) look.abort();
    for (const session of this.#sessions.values()) session.giveUpStart();
    return Promise.resolve();
  }

  #session(hash: SessionHash): ClusterSession {
    const known = this.#sessions.get(hash);
    if (known !== undefined) return known;
    const session = new ClusterSession(this.#cluster, hash, () => this.#publish(hash));
    this.#sessions.set(hash, session);
    return session;
  }

  /** A session that is gone, perhaps by somebody else's hand: the cluster itself ends what it owned. */
  #forgetGone(name: string): void {
    if (!isSessionHash(name) || this.#cluster.sessions.get(name) !== undefined) return;
    this.#sessions.get(name)?.giveUpStart();
    this.#sessions.delete(name);
  }

  #publish(hash: SessionHash): void {
    this.#lookAgainInTime(hash);
    this.#changes.publish(hash);
  }

  #lookAgainInTime(hash: SessionHash): void {
    const { pods, clock } = this.#cluster;
    this.#looks.get(hash)?.abort();
    this.#looks.delete(hash);
    const pod = pods.get(podName(hash));
    const waitMs = pod && nextLookMs(pod, clock.now());
    if (waitMs === undefined || this.#closing.signal.aborted) return;
    const look = new AbortController();
    this.#looks.set(hash, look);
    clock.sleep(waitMs, look.signal).then(
      () => this.#publish(hash),
      () => {}, // something happened before
    );
  }
}

/** The session that a pod or a claim of ours belongs to. */
function hashOf(name: string): SessionHash | undefined {
  const hash = /^(?:session|home)-([0-9a-f]{12})$/.exec(name)?.[1] ?? "";
  return isSessionHash(hash) ? hash : undefined;
}
