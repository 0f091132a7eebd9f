import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Email } from "../../src/contracts/email.ts";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { hasEnvironment, listProcesses } from "../../src/lib/processes.ts";
import { Secret } from "../../src/lib/secret.ts";
import type { Call } from "../../src/contracts/router-rights.ts";
import { kubeconfigSource } from "../../src/runtimes/kubernetes/cluster-source.ts";
import { KubernetesRuntime } from "../../src/runtimes/kubernetes/kubernetes-runtime.ts";
import { openCluster, type WatchedCluster } from "../../src/runtimes/kubernetes/open-cluster.ts";
import type { PodOptions } from "../../src/runtimes/kubernetes/pod-options.ts";
import { claimName, podName, secretName } from "../../src/runtimes/kubernetes/objects.ts";
import { newResource } from "../../src/runtimes/kubernetes/session-resource.ts";
import type { RuntimeFixture } from "../../src/runtimes/contract-steps.ts";
import type { Runtime, SessionSpec } from "../../src/runtimes/runtime.ts";
import { sampleSpec } from "../harness/sample-spec.ts";
import { newRecord } from "../../src/sessions/create.ts";
import type { ControlPlane } from "./harness/control-plane.ts";
import { type MinimalNode, SESSION_IMAGE } from "./harness/minimal-node.ts";

/** More than any test of the contract asks for: a session's resource must be there before its pod. */
const PREPARED = 3;
const BROKEN_AGENT = "#!/bin/sh\necho 'Error: Cannot find module yargs' >&2\nexit 1\n";

export interface ClusterOfTest {
  readonly plane: ControlPlane;
  readonly node: MinimalNode;
  /** A folder of this machine that containers see. */
  readonly shared: string;
  /** Hears of each call that the runtime makes. */
  readonly onCall?: (call: Call) => void;
}

/** The Kubernetes runtime in a namespace of its own, with pods that run on a node of the tests. */
export async function kubernetesFixture(cluster: ClusterOfTest): Promise<RuntimeFixture> {
  const namespace = await cluster.plane.namespace("contract");
  const fixture = new Fixture(cluster, namespace);
  for (let count = 0; count < PREPARED; count += 1) await fixture.prepare();
  await fixture.replaceRuntime();
  return fixture;
}

class Fixture implements RuntimeFixture {
  readonly sessionsEndWithRuntime = false;
  readonly #cluster: ClusterOfTest;
  readonly #namespace: string;
  readonly #prepared: SessionHash[] = [];
  readonly #used: SessionHash[] = [];
  #watched: WatchedCluster | undefined;
  #runtime: Runtime | undefined;
  /** Process number namespaces in which the session was seen. */
  readonly #containers = new Map<SessionHash, Set<string>>();
  #image = SESSION_IMAGE;

  constructor(cluster: ClusterOfTest, namespace: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  get runtime(): Runtime {
    if (this.#runtime === undefined) throw new Error("the fixture has no runtime yet");
    return this.#runtime;
  }

  /** Makes the resource of a session that `spec` will tell. */
  async prepare(): Promise<void> {
    const record = newRecord({
      owner: "ann@example.org" as Email,
      choice: undefined,
      initialMessage: undefined,
      now: Date.now(),
      idSecret: new Secret(randomBytes(16).toString("hex")),
      home: null,
    });
    const { api } = this.#cluster.plane;
    await api.call("POST", this.#path("sessions"), newResource(record));
    this.#prepared.push(record.hash);
  }

  spec(change: Partial<SessionSpec> = {}): SessionSpec {
    const hash = this.#prepared.pop();
    if (hash === undefined) throw new Error(`the fixture has ${PREPARED} sessions`);
    this.#used.push(hash);
    return sampleSpec(hash, change);
  }

  async replaceRuntime(): Promise<Runtime> {
    await this.#runtime?.close();
    await this.#watched?.close();
    const { plane, onCall } = this.#cluster;
    const source = await kubeconfigSource(plane.kubeconfig({ namespace: this.#namespace }));
    const watched = await openCluster({
      source,
      namespace: this.#namespace,
      clock: systemClock,
      log: silentLog,
      onCall: (verb, resource, subresource) =>
        onCall?.({ verb, resource: subresource === undefined ? resource : `${resource}/${subresource}` }),
    });
    this.#watched = watched;
    this.#runtime = new KubernetesRuntime({
      ...watched,
      options: podOptions(this.#image),
      clock: systemClock,
      log: silentLog,
    });
    return this.#runtime;
  }

  async breakAgent(): Promise<void> {
    const { node, shared } = this.#cluster;
    const agent = join(shared, `broken-${randomBytes(3).toString("hex")}`);
    await writeFile(agent, BROKEN_AGENT);
    await chmod(agent, 0o755);
    this.#image = `${SESSION_IMAGE}-broken-${randomBytes(3).toString("hex")}`;
    node.addImage(this.#image, ["env", `OPENCODE_BIN=${agent}`, "node", "/opt/opencode-router/sessiond.mjs"]);
    await this.replaceRuntime();
  }

  killSessiond(hash: SessionHash): Promise<void> {
    const { pid } = this.#cluster.node.container({ namespace: this.#namespace, name: podName(hash) }, "sessiond");
    process.kill(pid, "SIGKILL");
    return Promise.resolve();
  }

  /** Whatever shares process numbers with a process that has the session's mark, also what was once seen to. */
  processes(hash: SessionHash): Promise<string[]> {
    const all = listProcesses().filter(({ zombie }) => !zombie);
    const seen = this.#containers.get(hash) ?? new Set<string>();
    this.#containers.set(hash, seen);
    for (const { pid } of all) if (hasEnvironment(pid, `OPENCODE_ROUTER_SESSION=${hash}`)) seen.add(pidNamespace(pid));
    // A container's outer process is not in it.
    seen.delete(pidNamespace(process.pid));
    seen.delete("");
    const commands = all
      .filter(({ pid }) => seen.has(pidNamespace(pid)))
      .map(({ pid }) => ({ pid, command: commandOf(pid) }));
    // One without a command has no memory any more: the kernel is still at clearing up a large one after it was killed.
    const lines = commands.filter(({ command }) => command !== "").map(({ pid, command }) => `${pid} ${command}`);
    return Promise.resolve(lines);
  }

  async remains(hash: SessionHash): Promise<string[]> {
    const { api } = this.#cluster.plane;
    const places = [
      `${this.#path("pods")}/${podName(hash)}`,
      `${this.#path("secrets")}/${secretName(hash)}`,
      `${this.#path("persistentvolumeclaims")}/${claimName(hash)}`,
    ];
    const found = await Promise.all(places.map((place) => api.find(place)));
    return places.filter((_, index) => found[index] !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const hash of this.#used) await this.#runtime?.remove(hash);
    await this.#runtime?.close();
    await this.#watched?.close();
    await this.#cluster.plane.kubectl("delete", "namespace", this.#namespace, "--wait=false");
  }

  #path(resource: string): string {
    const group = resource === "sessions" ? "/apis/opencode-router.dev/v1alpha1" : "/api/v1";
    return `${group}/namespaces/${this.#namespace}/${resource}`;
  }
}

const podOptions = (image: string): PodOptions => ({
  image,
  storageSize: "1Gi",
  nodeSelector: {},
  tolerations: [],
  resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { cpu: "2", memory: "2Gi" } },
  sessionEnv: {},
  hasOverrides: false,
  routerUrl: "http://127.0.0.1:9",
});

/** @returns "" for a process that is gone */
function pidNamespace(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return "";
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}
