import { connect, type Socket } from "node:net";
import { once } from "node:events";
import type { V1Pod } from "@kubernetes/client-node";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { backoffMs } from "../../lib/backoff.ts";
import { KeyedQueue } from "../../lib/keyed-queue.ts";
import type { Secret } from "../../lib/secret.ts";
import type { Observed, SessionSpec } from "../runtime.ts";
import { isApiError, type ApiErrorKind } from "./api-error.ts";
import { awaitGone } from "./await-gone.ts";
import { buildClaim } from "./build-claim.ts";
import { buildPod } from "./build-pod.ts";
import { buildSessionSecret } from "./build-secret.ts";
import { KINDS } from "./cluster-client.ts";
import type { Cluster } from "./cluster.ts";
import { explainRefusal } from "./explain-pod.ts";
import { SESSIOND_PORT } from "../../contracts/cluster-names.ts";
import { claimName, podName, type SessionResource } from "./objects.ts";
import type { Owner } from "./session-metadata.ts";
import { observePod } from "./observe-pod.ts";
import { sessionImage } from "./session-image.ts";
import { SessionSecret } from "./session-secret.ts";
import { ifThere, ignoreReplaced } from "./tolerate.ts";
import { writeUserSecret } from "./user-secret.ts";
import { watchBoot } from "./watch-boot.ts";

const RETRY = { firstMs: 500, maxMs: 30_000 };
const CONNECT_LIMIT_MS = 5_000;
/** Errors of the API that only a person can do something about. All others go away by themselves. */
const REFUSALS: readonly ApiErrorKind[] = ["forbidden", "quota", "invalid"];

/** One session in a cluster: what the watches tell of its pod, and everything that is done to it, one after the other. */
export class ClusterSession {
  readonly #cluster: Cluster;
  readonly #hash: SessionHash;
  readonly #changed: () => void;
  readonly #secret: SessionSecret;
  readonly #queue = new KeyedQueue();
  /** What this router alone knows: that it is about to make a pod, or that the cluster refused to have it. */
  #own: Observed | undefined;
  /** How many stops have not ended yet. */
  #stops = 0;
  /** Of the last start: aborted when the session is no longer to run. */
  #attempt = new AbortController();

  constructor(cluster: Cluster, hash: SessionHash, changed: () => void) {
    this.#cluster = cluster;
    this.#hash = hash;
    this.#secret = new SessionSecret(cluster.client, hash);
    this.#changed = changed;
  }

  get observed(): Observed {
    const pod = this.#pod;
    const observed = observePod(pod, this.#claim, this.#cluster.clock.now());
    if (observed.phase === "stopping") return observed;
    if (pod !== undefined && this.#stops > 0) return { phase: "stopping" };
    return this.#own ?? observed;
  }

  start(spec: SessionSpec): void {
    const { phase } = this.observed;
    if (this.#own?.phase === "starting" || phase === "starting" || phase === "running") return;
    const signal = this.#begin();
    this.#set({ phase: "starting", stage: "queued" });
    void this.#run(() => this.#bringUp(spec, signal));
  }

  /** Another router, or an earlier one, has made the pod. */
  adopt(spec: SessionSpec): void {
    if (this.observed.phase === "starting") this.#watchBootAside(spec, this.#begin());
  }

  stop(): Promise<void> {
    this.giveUpStart();
    return this.#end();
  }

  async remove(): Promise<void> {
    this.giveUpStart();
    await this.#end();
    return this.#run(async () => {
      const { client, claims } = this.#cluster;
      const uid = this.#claim?.metadata?.uid;
      if (uid === undefined) return;
      await client.delete(KINDS.persistentvolumeclaims, claimName(this.#hash), { uid }).catch(ignoreReplaced);
      await awaitGone(this.#cluster, {
        kind: KINDS.persistentvolumeclaims,
        cache: claims,
        name: claimName(this.#hash),
      });
    });
  }

  /** @throws when nothing listens there. */
  async connect(): Promise<Socket> {
    const pod = this.#pod;
    const host = pod?.status?.podIP;
    if (!host || pod.metadata?.deletionTimestamp !== undefined) throw new Error(`session ${this.#hash} has no pod`);
    const socket = connect({ host, port: SESSIOND_PORT, noDelay: true });
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_LIMIT_MS) }).catch((cause: unknown) => {
      socket.destroy();
      throw cause;
    });
    return socket;
  }

  /** Replaces the token for GitHub in the session's Secret, while it runs: a stopped session keeps none. */
  keepToken(token: Secret): Promise<void> {
    return this.#run(async () => {
      if (this.observed.phase !== "running") return;
      await this.#secret.putToken(token);
    });
  }

  get #pod(): V1Pod | undefined {
    return this.#cluster.pods.get(podName(this.#hash));
  }

  get #claim() {
    return this.#cluster.claims.get(claimName(this.#hash));
  }

  #set(own: Observed | undefined): void {
    this.#own = own;
    this.#changed();
  }

  /** No attempt to make the pod goes on. */
  giveUpStart(): void {
    this.#attempt.abort();
    if (this.#own?.phase === "starting") this.#set(undefined);
  }

  #begin(): AbortSignal {
    this.#attempt.abort();
    this.#attempt = new AbortController();
    return this.#attempt.signal;
  }

  #run<T>(job: () => Promise<T>): Promise<T> {
    return this.#queue.run(this.#hash, job);
  }

  /** Makes everything that a pod needs, and the pod. An API that does not answer is asked again for as long as it takes. */
  async #bringUp(spec: SessionSpec, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#cluster;
    for (let tries = 1; !signal.aborted; tries += 1) {
      try {
        while (!(await this.#make(spec, signal)));
        if (signal.aborted) return;
        this.#set(undefined);
        return this.#watchBootAside(spec, signal);
      } catch (cause) {
        if (signal.aborted) return;
        log.warn({ hash: this.#hash, tries, err: cause }, "session.pod-not-made");
        if (isApiError(cause, ...REFUSALS)) return this.#set({ phase: "failed", failure: explainRefusal(cause) });
        const pauseMs = (isApiError(cause) && cause.retryAfterMs) || backoffMs(RETRY, tries);
        await clock.sleep(pauseMs, signal).catch(() => {}); // aborted: the loop ends
      }
    }
  }

  #watchBootAside(spec: SessionSpec, signal: AbortSignal): void {
    this.#watchBoot(spec, signal).catch((cause: unknown) => {
      // The pod is there still, and so is what is wrong with it: the kubelet will say so, too.
      this.#cluster.log.warn({ hash: this.#hash, err: cause }, "session.pod-not-ended");
    });
  }

  async #watchBoot({ sessionKey }: SessionSpec, signal: AbortSignal): Promise<void> {
    const { clock } = this.#cluster;
    const failure = await watchBoot({ pod: () => this.#pod, sessionKey, clock, signal });
    if (failure && !signal.aborted) await this.#end({ phase: "failed", failure });
  }

  /** @returns false when another router was faster: what is there now has to be looked at again. */
  async #make(spec: SessionSpec, signal: AbortSignal): Promise<boolean> {
    const { client, pods, options, overrides } = this.#cluster;
    const before = this.#pod;
    if (before !== undefined) {
      if (!this.#isOver(before)) return true;
      await this.#endPod(before, signal);
    }
    const owner = await this.#owner();
    // To be told soon, and to others first: whoever began again at once would keep that news from ever arriving.
    if (owner === undefined) throw new Error("the session is gone, or going");
    await Promise.all([
      writeUserSecret(client, spec),
      this.#secret.write(buildSessionSecret(spec, owner, overrides === undefined ? {} : { overrides })),
      this.#makeClaim(owner, signal),
    ]);
    const image = await sessionImage(client, options.image);
    signal.throwIfAborted();
    const name = podName(this.#hash);
    const made = await client.create<V1Pod>(KINDS.pods, buildPod(spec, owner, { ...options, image })).catch(ifThere);
    const pod = made ?? (await client.get<V1Pod>(KINDS.pods, name));
    if (pod !== undefined) pods.put(pod);
    return made !== undefined;
  }

  /** Whether the next start is to come by itself: it writes everything anew. */
  #isToRun(): boolean {
    const { metadata, spec, status } = this.#cluster.sessions.get(this.#hash) ?? {};
    return metadata?.deletionTimestamp === undefined && spec?.desired === "running" && status?.failure === undefined;
  }

  /** Whether a pod must go before the session can have another one. */
  #isOver(pod: V1Pod): boolean {
    const { phase } = observePod(pod, this.#claim, this.#cluster.clock.now());
    return phase === "failed" || phase === "stopping";
  }

  /** The session's resource; undefined when it is gone or going: then nothing may be made for it any more. */
  async #owner(): Promise<Owner | undefined> {
    const { client, sessions } = this.#cluster;
    const resource = sessions.get(this.#hash) ?? (await client.get<SessionResource>(KINDS.sessions, this.#hash));
    const { uid, deletionTimestamp } = resource?.metadata ?? {};
    return uid === undefined || deletionTimestamp !== undefined ? undefined : { name: this.#hash, uid };
  }

  async #makeClaim(owner: Owner, signal: AbortSignal): Promise<void> {
    const { client, claims, options } = this.#cluster;
    const name = claimName(this.#hash);
    if (this.#claim?.metadata?.deletionTimestamp !== undefined)
      await awaitGone(this.#cluster, { kind: KINDS.persistentvolumeclaims, cache: claims, name, signal });
    if (this.#claim !== undefined) return;
    const made = await client
      .create(KINDS.persistentvolumeclaims, buildClaim(this.#hash, owner, options))
      .catch(ifThere);
    if (made !== undefined) claims.put(made);
  }

  /** Ends what there is of the session but its files. A start that was asked for meanwhile comes afterwards. */
  async #end(then?: Observed): Promise<void> {
    this.#stops += 1;
    this.#changed();
    try {
      await this.#run(() => this.#endNow(then));
    } finally {
      this.#stops -= 1;
      this.#changed();
    }
  }

  async #endNow(then: Observed | undefined): Promise<void> {
    const [pod, before] = [this.#pod, this.#own];
    const say = (own: Observed | undefined): void => {
      if (this.#own?.phase !== "starting") this.#own = own;
    };
    // Others know from the watch that the pod is gone before this does: what it was ended for has to stand by then.
    if (then !== undefined) say(then);
    try {
      await (pod === undefined ? this.#forgetSecret() : this.#endPod(pod));
    } catch (cause) {
      say(before);
      throw cause;
    }
    say(then);
  }

  /** Removes what a start that made no pod has left. */
  async #forgetSecret(): Promise<void> {
    const { client, pods } = this.#cluster;
    if (!this.#secret.isLeft || this.#isToRun()) return;
    // Another router may have been faster, and no watch has told so yet: its pod needs the Secret, and is looked at next.
    const pod = await client.get<V1Pod>(KINDS.pods, podName(this.#hash));
    if (pod !== undefined) return pods.put(pod);
    await this.#secret.remove();
  }

  /** Ends one pod and what it was given; resolves when it is gone. A pod that has taken its place stays. */
  async #endPod(pod: V1Pod, signal?: AbortSignal): Promise<void> {
    const { client, pods } = this.#cluster;
    const name = podName(this.#hash);
    const { uid } = pod.metadata ?? {};
    const secret = await this.#secret.version();
    const live = await client.get<V1Pod>(KINDS.pods, name);
    if (live?.metadata?.uid === uid) {
      // The Secret goes first, and its pod, which has read it, only then: whatever comes between, a pod is there to be ended
      // again. Of the version that was there before the pod was seen: what is written later is for another router's pod.
      if (secret !== undefined) await this.#secret.remove(secret);
      await client.delete(KINDS.pods, name, uid === undefined ? {} : { uid }).catch(ignoreReplaced);
    }
    this.#secret.leave();
    await awaitGone(this.#cluster, {
      kind: KINDS.pods,
      cache: pods,
      name,
      ...(uid === undefined ? {} : { uid }),
      ...(signal ? { signal } : {}),
    });
  }
}
