import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { V1Pod } from "@kubernetes/client-node";
import { ClaimProvisioner } from "./claim-provisioner.ts";
import type { ControlPlane } from "./control-plane.ts";
import { registerNode, removeNode, renewLease } from "./node-object.ts";
import { followAlways } from "./persist.ts";
import { PodReport } from "./pod-report.ts";
import type { ContainerPhase, PodFacts } from "./pod-status.ts";

export interface FakeNodeOptions {
  /** Address that a pod gets; by default a loopback address at which nobody listens. */
  readonly podIP?: (pod: V1Pod) => string;
  /** How long a pod takes to be ready, and to go. */
  readonly delayMs?: number;
  /** Storage of the cluster; by default the node brings it. */
  readonly storage?: ClaimProvisioner;
}

/** A node for thousands of pods: it only says that they run and are ready, and that they are gone. Nothing runs. */
export class FakeNode implements AsyncDisposable {
  readonly name = `fake-${randomBytes(3).toString("hex")}`;
  readonly storage: ClaimProvisioner;
  readonly #plane: ControlPlane;
  readonly #options: FakeNodeOptions;
  readonly #stop = new AbortController();
  readonly #reports = new Map<string, { readonly report: PodReport; leaving: boolean }>();
  #working: Promise<unknown> = Promise.resolve();

  static async start(plane: ControlPlane, options: FakeNodeOptions = {}): Promise<FakeNode> {
    const folder = options.storage === undefined ? await plane.keeper.folder("node-") : "";
    const storage = options.storage ?? (await ClaimProvisioner.start(plane.api, folder));
    const node = new FakeNode(plane, storage, options);
    await registerNode(plane.api, node.name);
    node.#work();
    return node;
  }

  private constructor(plane: ControlPlane, storage: ClaimProvisioner, options: FakeNodeOptions) {
    this.#plane = plane;
    this.storage = storage;
    this.#options = options;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#working;
    if (this.#options.storage === undefined) await this.storage[Symbol.asyncDispose]();
    await removeNode(this.#plane.api, this.name).catch(() => {});
  }

  #work(): void {
    const { api } = this.#plane;
    const { signal } = this.#stop;
    const path = `/api/v1/pods?fieldSelector=spec.nodeName%3D${this.name}`;
    this.#working = Promise.all([
      renewLease(api, this.name, signal).catch(() => {}),
      followAlways<V1Pod>({ api, path, signal }, (event) => {
        const seen = event.type === "LIST" ? event.items : [event.object];
        for (const pod of seen) this.#see(pod, event.type === "DELETED");
      }),
    ]);
  }

  #see(pod: V1Pod, gone: boolean): void {
    const { uid = "", deletionTimestamp } = pod.metadata ?? {};
    if (gone) return void this.#reports.delete(uid);
    const known = this.#reports.get(uid);
    if (known === undefined) {
      const report = new PodReport(this.#plane.api, pod, this.#stop.signal);
      this.#reports.set(uid, { report, leaving: false });
      void this.#later(() => report.tell(this.#runningFacts(pod)));
    }
    const one = this.#reports.get(uid);
    one?.report.update(pod);
    if (deletionTimestamp === undefined || one === undefined || one.leaving) return;
    one.leaving = true;
    void this.#later(() => one.report.remove());
  }

  #runningFacts(pod: V1Pod): PodFacts {
    const now = new Date();
    const id = `containerd://${pod.metadata?.uid}`;
    const done: ContainerPhase = {
      is: "terminated",
      id,
      startedAt: now,
      finishedAt: now,
      exitCode: 0,
      reason: "Completed",
    };
    const runs: ContainerPhase = { is: "running", id, startedAt: now, started: true, ready: true };
    const init = (pod.spec?.initContainers ?? []).map(({ name, restartPolicy }) => [name, restartPolicy ? runs : done]);
    const main = (pod.spec?.containers ?? []).map(({ name }) => [name, runs]);
    const podIP = this.#options.podIP?.(pod) ?? `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
    return { startTime: now, podIP, containers: Object.fromEntries([...init, ...main]), restarts: {} };
  }

  async #later(action: () => unknown): Promise<void> {
    await delay(this.#options.delayMs ?? 0);
    if (!this.#stop.signal.aborted) await action();
  }
}
