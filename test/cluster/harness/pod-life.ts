import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { freePort } from "../../../src/lib/free-port.ts";
import { startContainer } from "./container-start.ts";
import type { Container } from "./container.ts";
import type { Env } from "./pod-env.ts";
import { readValues, type PodHost } from "./pod-host.ts";
import { PodReport } from "./pod-report.ts";
import { isSidecar, type ContainerPhase, type PodFacts } from "./pod-status.ts";
import { MountProblem, prepareVolumes } from "./pod-volumes.ts";
import { followProbe, startedUp } from "./probe.ts";

const RETRY_MS = 300;
const SIDECAR_PAUSE_MS = 1_000;
const KILLED = 137;

/** A pod on a node, from the moment that it is bound there until nothing of it is left. */
export class PodLife {
  readonly uid: string;
  /** Resolves when the pod is over and its processes are gone; never rejects. */
  readonly over: Promise<void>;
  readonly #host: PodHost;
  readonly #report: PodReport;
  readonly #folder: string;
  readonly #podIP: string;
  readonly #running = new Map<string, Container>();
  /** Nothing is started any more. */
  readonly #stop = new AbortController();
  readonly #toDelete: Promise<void>;
  #delete: () => void = () => {};
  #pod: V1Pod;
  #facts: PodFacts;
  #graceSeconds: number | undefined;

  constructor(host: PodHost, pod: V1Pod, podIP: string) {
    this.#host = host;
    this.#pod = pod;
    this.#podIP = podIP;
    this.uid = pod.metadata?.uid ?? "";
    this.#folder = join(host.folder, this.uid);
    this.#report = new PodReport(host.api, pod, host.silent);
    this.#facts = { startTime: new Date(), containers: {}, restarts: {} };
    this.#toDelete = new Promise((resolve) => (this.#delete = resolve));
    this.over = this.#run();
    this.update(pod);
  }

  get podIP(): string {
    return this.#podIP;
  }

  /** The pod as it is by now in the API. */
  update(pod: V1Pod): void {
    this.#pod = pod;
    this.#report.update(pod);
    if (pod.metadata?.deletionTimestamp === undefined) return;
    this.#end(pod.metadata.deletionGracePeriodSeconds ?? 0);
    this.#delete();
  }

  /** The pod is not in the API any more, or the node is gone: there is nobody to tell. */
  vanish(): void {
    this.#end(0);
    this.#delete();
  }

  /** The node ends the pod by itself; it stays in the API as failed. */
  async evict(reason: string, message: string): Promise<void> {
    this.#facts = { ...this.#facts, ended: { reason, message } };
    this.#tell();
    this.#end(0);
    await Promise.all([...this.#running.values()].map(({ exited }) => exited));
    await this.#report.flush();
  }

  /** A running container. @throws when it does not run */
  container(name: string): Container {
    const found = this.#running.get(name);
    if (found === undefined) throw new Error(`${this.#pod.metadata?.name}: container ${name} does not run`);
    return found;
  }

  /** As when a container takes more memory than it may. */
  async outOfMemory(name: string): Promise<void> {
    const container = this.container(name);
    this.#outOfMemory.add(name);
    container.kill("SIGKILL");
    await container.exited;
  }

  readonly #outOfMemory = new Set<string>();

  async #run(): Promise<void> {
    // A pod that has ended is not run a second time.
    if (!["Failed", "Succeeded"].includes(this.#pod.status?.phase ?? "")) await this.#live().catch(this.#broken);
    await this.#toDelete;
    await Promise.all([...this.#running.values()].map(({ exited }) => exited));
    await this.#report.flush();
    await this.#report.remove();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** What ends a pod's life before its time is no error; anything else is told where it is seen. */
  readonly #broken = (error: unknown): void => {
    if (this.#stop.signal.aborted) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#facts = { ...this.#facts, ended: { reason: "NodeOfTestFailed", message } };
    this.#end(0);
    this.#tell();
  };

  #end(graceSeconds: number): void {
    this.#stop.abort();
    // A later deletion may only shorten the time.
    if (this.#graceSeconds !== undefined && graceSeconds >= this.#graceSeconds) return;
    this.#graceSeconds = graceSeconds;
    const sidecars = new Set(this.#pod.spec?.initContainers?.filter(isSidecar).map(({ name }) => name));
    const all = [...this.#running];
    const main = all.filter(([name]) => !sidecars.has(name)).map(([, container]) => container.end(graceSeconds));
    void Promise.all(main).then(() => all.forEach(([, container]) => void container.end(graceSeconds)));
  }

  async #live(): Promise<void> {
    const { initContainers = [], containers = [] } = this.#pod.spec ?? {};
    const reason = initContainers.length > 0 ? "PodInitializing" : "ContainerCreating";
    for (const { name } of [...initContainers, ...containers]) this.#set(name, { is: "waiting", reason });
    const volumes = await this.#mountable();
    const injected = { SESSIOND_BIND: this.#podIP, OPENCODE_PORT: String(await freePort()) };
    const start = (container: V1Container) => this.#start(container, volumes, injected);
    for (const init of initContainers) {
      if (isSidecar(init)) {
        await new Promise<void>(
          (resolve, reject) => void this.#keepRunning(init, start, resolve).then(resolve, reject),
        );
        continue;
      }
      const code = await this.#untilExit(init, await start(init));
      if (code !== 0) return this.#end(0);
    }
    await Promise.all(containers.map(async (one) => this.#withProbes(one, await start(one))));
    this.#end(0);
  }

  async #mountable(): Promise<ReadonlyMap<string, string>> {
    const namespace = this.#pod.metadata?.namespace ?? "";
    const sources = {
      values: (kind: "secret" | "configmap", name: string) => readValues(this.#host.api, { namespace, kind, name }),
      claimFolder: (claim: string) => this.#host.claimFolder(namespace, claim),
    };
    let told = "";
    for (;;) {
      try {
        return await prepareVolumes(this.#pod, join(this.#folder, "volumes"), sources);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (error instanceof MountProblem && message !== told) this.#report.event("FailedMount", message);
        told = message;
      }
      await delay(RETRY_MS, undefined, { signal: this.#stop.signal });
    }
  }

  async #start(container: V1Container, volumes: ReadonlyMap<string, string>, injected: Env): Promise<Container> {
    const { name } = container;
    const started = await startContainer({
      host: this.#host,
      pod: this.#pod,
      container,
      volumes,
      folder: join(this.#folder, "containers"),
      podIP: this.#podIP,
      injected,
      signal: this.#stop.signal,
      waiting: (reason, message) => {
        this.#set(name, { is: "waiting", reason, message });
        this.#report.event(reason === "ImagePullBackOff" ? "BackOff" : "Failed", message);
      },
    });
    this.#running.set(name, started);
    this.#facts = { ...this.#facts, podIP: this.#podIP };
    this.#runs(container, started, { started: false, ready: false });
    // The pod ended while it was started.
    if (this.#stop.signal.aborted) void started.end(this.#graceSeconds ?? 0);
    return started;
  }

  /** Runs a sidecar until the pod is over, again when it ends. */
  async #keepRunning(
    container: V1Container,
    start: (container: V1Container) => Promise<Container>,
    up: () => void,
  ): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const running = await start(container);
      await this.#withProbes(container, running, up);
      if (this.#stop.signal.aborted) return;
      const { name } = container;
      const last = this.#facts.containers[name];
      if (last === undefined) return;
      const count = (this.#facts.restarts[name]?.count ?? 0) + 1;
      this.#facts = { ...this.#facts, restarts: { ...this.#facts.restarts, [name]: { count, last } } };
      const message = `back-off 10s restarting failed container=${name}`;
      this.#set(name, { is: "waiting", reason: "CrashLoopBackOff", message });
      await delay(SIDECAR_PAUSE_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  /** Reports as started, then as ready or not, until the container has ended. */
  async #withProbes(container: V1Container, running: Container, up: () => void = () => {}): Promise<void> {
    const { startupProbe, readinessProbe: probe } = container;
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, this.#stop.signal]);
    const probing = async (): Promise<void> => {
      if (startupProbe && !(await startedUp(startupProbe, running, signal))) {
        this.#report.event("Unhealthy", `Startup probe failed`);
        return void running.end(this.#pod.spec?.terminationGracePeriodSeconds ?? 30);
      }
      signal.throwIfAborted();
      const runs = (ready: boolean) => this.#runs(container, running, { started: true, ready });
      runs(probe === undefined);
      up();
      if (probe) await followProbe({ probe, container: running, signal }, runs);
    };
    // It is asked only while it runs.
    const asked = probing().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    await this.#untilExit(container, running);
    ended.abort();
    await asked;
  }

  async #untilExit({ name, terminationMessagePolicy }: V1Container, container: Container): Promise<number> {
    const exitCode = await container.exited;
    this.#running.delete(name);
    const tells = exitCode !== 0 && terminationMessagePolicy === "FallbackToLogsOnError";
    const reason = exitCode === 0 ? "Completed" : "Error";
    this.#set(name, {
      is: "terminated",
      id: containerId(container),
      startedAt: container.startedAt,
      finishedAt: new Date(),
      exitCode: this.#outOfMemory.has(name) ? KILLED : exitCode,
      reason: this.#outOfMemory.delete(name) ? "OOMKilled" : reason,
      ...(tells ? { message: container.lastWords() } : {}),
    });
    return exitCode;
  }

  #runs({ name }: V1Container, container: Container, how: { started: boolean; ready: boolean }): void {
    this.#set(name, { is: "running", id: containerId(container), startedAt: container.startedAt, ...how });
  }

  #set(name: string, phase: ContainerPhase): void {
    this.#facts = { ...this.#facts, containers: { ...this.#facts.containers, [name]: phase } };
    this.#tell();
  }

  #tell(): void {
    this.#report.tell(this.#facts);
  }
}

const containerId = ({ pid, startedAt }: Container): string =>
  `containerd://${pid.toString(16).padStart(32, "0")}${startedAt.getTime().toString(16).padStart(32, "0")}`;
