import type { V1Pod, V1PodCondition } from "@kubernetes/client-node";
import { isGone, persist } from "./persist.ts";
import { podStatus, type PodFacts } from "./pod-status.ts";
import { MERGE_PATCH, type TestApi } from "./test-api.ts";

const podPath = ({ metadata }: V1Pod): string => `/api/v1/namespaces/${metadata?.namespace}/pods/${metadata?.name}`;

/** Tells the API server how a pod is: always the newest state, through outages. */
export class PodReport {
  readonly #api: TestApi;
  /** The node is silent from then on. */
  readonly #silent: AbortSignal;
  #pod: V1Pod;
  #facts: PodFacts | undefined;
  #isNews = false;
  #sending: Promise<void> = Promise.resolve();
  #sent: V1PodCondition[] | undefined;

  constructor(api: TestApi, pod: V1Pod, silent: AbortSignal) {
    this.#api = api;
    this.#pod = pod;
    this.#silent = silent;
  }

  /** The pod as it is by now in the API. */
  update(pod: V1Pod): void {
    this.#pod = pod;
  }

  tell(facts: PodFacts): void {
    this.#facts = facts;
    if (this.#isNews) return;
    this.#isNews = true;
    this.#sending = this.#sending.then(() => this.#send());
  }

  /** Resolves when everything is told. */
  flush(): Promise<void> {
    return this.#sending;
  }

  /** An event about the pod, as `kubectl describe` shows it. */
  event(reason: string, message: string): void {
    const { namespace = "", name = "", uid = "" } = this.#pod.metadata ?? {};
    const now = new Date();
    const event = {
      metadata: { generateName: `${name}.`, namespace },
      involvedObject: { apiVersion: "v1", kind: "Pod", namespace, name, uid },
      type: "Warning",
      reason,
      message,
      source: { component: "kubelet" },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    };
    // Events are help for people: a lost one is lost.
    void this.#api.call("POST", `/api/v1/namespaces/${namespace}/events`, event).catch(() => {});
  }

  /** Removes the pod from the API, unless another one has its name by now. */
  async remove(): Promise<void> {
    const preconditions = { uid: this.#pod.metadata?.uid };
    await this.#persist(() => this.#api.call("DELETE", podPath(this.#pod), { gracePeriodSeconds: 0, preconditions }));
  }

  async #send(): Promise<void> {
    if (this.#facts === undefined) return;
    this.#isNews = false;
    const status = podStatus(this.#pod, this.#facts, this.#sent ?? [], new Date());
    this.#sent = status.conditions ?? [];
    const mine = new Set(this.#sent.map(({ type }) => type));
    const others = this.#pod.status?.conditions?.filter(({ type }) => !mine.has(type)) ?? [];
    const body = {
      metadata: { uid: this.#pod.metadata?.uid },
      status: { ...status, conditions: [...this.#sent, ...others] },
    };
    await this.#persist(() => this.#api.call("PATCH", `${podPath(this.#pod)}/status`, body, MERGE_PATCH));
  }

  async #persist(call: () => Promise<unknown>): Promise<void> {
    await persist(this.#silent, () =>
      call().catch((error: unknown) => {
        if (!isGone(error)) throw error;
      }),
    ).catch(() => {});
  }
}
