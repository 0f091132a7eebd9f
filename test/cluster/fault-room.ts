import type { V1Pod } from "@kubernetes/client-node";
import { expect } from "vitest";
import { eventually } from "../harness/eventually.ts";
import type { TestRouter } from "../harness/router.ts";
import { grantRouter, prepareClusterRouter, routerKubeconfig } from "./cluster-router.ts";
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from "./harness/control-plane.ts";
import { MinimalNode, type PodName } from "./harness/minimal-node.ts";

export interface FaultRoomOptions extends ControlPlaneOptions {
  /** The router's credentials, if it is not to talk to the API server itself. */
  readonly kubeconfig?: (plane: ControlPlane, namespace: string) => Promise<string>;
}

/** A cluster with one node, a router in front of it, and what one asks both about a session. */
export class FaultRoom implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly node: MinimalNode;
  readonly router: TestRouter;
  readonly namespace: string;

  /** In the order of their start. */
  readonly #started: readonly AsyncDisposable[];

  static async open({ kubeconfig = routerKubeconfig, ...options }: FaultRoomOptions = {}): Promise<FaultRoom> {
    const started: AsyncDisposable[] = [];
    const keep = <T extends AsyncDisposable>(one: T): T => {
      started.push(one);
      return one;
    };
    try {
      const plane = keep(await startControlPlane(options));
      const node = keep(await MinimalNode.start(plane));
      const namespace = await plane.namespace("faults");
      await grantRouter(plane, namespace);
      const file = await kubeconfig(plane, namespace);
      const router = keep(await prepareClusterRouter({ plane, namespace, kubeconfig: file }));
      await router.start();
      return new FaultRoom({ plane, node, router, namespace }, started);
    } catch (cause) {
      await endAll(started);
      throw cause;
    }
  }

  private constructor(
    parts: Pick<FaultRoom, "plane" | "node" | "router" | "namespace">,
    started: readonly AsyncDisposable[],
  ) {
    this.plane = parts.plane;
    this.node = parts.node;
    this.router = parts.router;
    this.namespace = parts.namespace;
    this.#started = started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endAll(this.#started);
  }

  /** No session is left for the next test. */
  async clear(): Promise<void> {
    await this.kubectl("delete", "sessions", "--all", "--cascade=foreground", "--wait=false");
    // The cluster's garbage collector takes its time after an outage.
    await eventually(async () => expect(await this.kubectl("get", "sessions", "--output=name")).toBe(""), 150_000);
  }

  async create(body: object = {}): Promise<string> {
    const answer = await this.router.api("POST", "/api/sessions", { body });
    expect(answer.status, answer.text).toBe(201);
    return answer.json<{ hash: string }>().hash;
  }

  /** A session that runs. */
  async running(): Promise<string> {
    const hash = await this.create();
    await this.router.waitFor(hash, "running");
    return hash;
  }

  async resume(hash: string): Promise<void> {
    expect((await this.router.api("POST", `/api/sessions/${hash}/resume`)).status).toBe(202);
  }

  /** Makes a conversation. @returns its id */
  async converse(hash: string): Promise<string> {
    const headers = { "content-type": "application/json", origin: `http://${this.router.sessionHost(hash)}` };
    const made = await this.router.onSession(hash, "/session", { method: "POST", headers, body: "{}" });
    expect(made.status, made.text).toBe(200);
    return made.json<{ id: string }>().id;
  }

  pod = (hash: string): PodName => ({ namespace: this.namespace, name: `session-${hash}` });

  findPod(hash: string): Promise<V1Pod | undefined> {
    return this.plane.api.find<V1Pod>(`/api/v1/namespaces/${this.namespace}/pods/session-${hash}`);
  }

  async podUid(hash: string): Promise<string | undefined> {
    return (await this.findPod(hash))?.metadata?.uid;
  }

  /** Waits until the session runs in another pod than the one of that uid. */
  async runsElsewhere(hash: string, uid: string | undefined): Promise<string> {
    const next = await eventually(async () => {
      const found = await this.podUid(hash);
      if (found === undefined || found === uid) throw new Error(`session ${hash} has no new pod: ${uid}`);
      return found;
    });
    await this.router.waitFor(hash, "running");
    return next;
  }

  /** A shell command in the session's main container. @returns its exit code */
  sh(hash: string, command: string, node: MinimalNode = this.node): Promise<number> {
    return node.container(this.pod(hash), "sessiond").exec(["sh", "-c", command], 20);
  }

  kubectl = (...args: string[]): Promise<string> => this.plane.kubectl("--namespace", this.namespace, ...args);

  /** Waits until `kubectl get sessions` has these words on the session's line, in this order. */
  async kubectlTells(hash: string, ...words: string[]): Promise<void> {
    const line = new RegExp([hash, ...words].map((word) => `\\b${word}\\b`).join(".*"));
    await eventually(async () => expect(await this.kubectl("get", "sessions", "--output=wide")).toMatch(line));
  }
}

async function endAll(started: readonly AsyncDisposable[]): Promise<void> {
  for (const one of started.toReversed()) await one[Symbol.asyncDispose]();
}
