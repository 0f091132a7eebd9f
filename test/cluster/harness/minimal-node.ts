import { randomBytes, randomInt } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { V1Pod } from "@kubernetes/client-node";
import { ClaimProvisioner } from "./claim-provisioner.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Mount } from "./container-root.ts";
import type { Container } from "./container.ts";
import { sessionImage, type Image } from "./image.ts";
import { registerNode, removeNode, renewLease } from "./node-object.ts";
import { followAlways } from "./persist.ts";
import { PodLife } from "./pod-life.ts";
import type { PodHost } from "./pod-host.ts";
import type { WatchEvent } from "./test-api.ts";

/** The name under which the nodes of a test have the image of a session. */
export const SESSION_IMAGE = "registry.test/opencode-router/opencode:test";

export interface NodeOptions {
  /** Folders of this machine that every container sees, read-only, at the same path: for programs of a test. */
  readonly shared?: readonly string[];
  /** Storage of the cluster; by default the node brings it. A second node takes that of the first. */
  readonly storage?: ClaimProvisioner;
}

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * A node that runs pods as processes of this machine, with mounts, a user and process numbers of their own, and tells of
 * them what a kubelet tells. Needs root.
 *
 * Not as on a real node: all pods share this machine's network, so each has a loopback address of its own, in the variable
 * SESSIOND_BIND, and a port for opencode, in OPENCODE_PORT; resources are not limited; the programs in the session's image,
 * besides the project's own, Node and opencode, are this machine's; the root is read-only for everyone; only probes by a
 * command, and only pods with `restartPolicy: Never`; no logs and exec through the API, but `log` and `container` here.
 */
export class MinimalNode implements AsyncDisposable {
  readonly name = `node-${randomBytes(3).toString("hex")}`;
  readonly storage: ClaimProvisioner;
  readonly #plane: ControlPlane;
  readonly #host: PodHost;
  readonly #ownsStorage: boolean;
  readonly #images: Map<string, Image>;
  readonly #silent = new AbortController();
  readonly #stop = new AbortController();
  readonly #pods = new Map<string, PodLife>();
  #failImages = false;
  #working: Promise<unknown> = Promise.resolve();

  static async start(plane: ControlPlane, options: NodeOptions = {}): Promise<MinimalNode> {
    if (process.getuid?.() !== 0) throw new Error("The nodes of a test need root: they make containers.");
    const folder = await plane.keeper.folder("node-");
    const paths = { image: join(folder, "image"), volumes: join(folder, "volumes"), pods: join(folder, "pods") };
    for (const path of Object.values(paths)) await mkdir(path);
    const image = await sessionImage(paths.image);
    const storage = options.storage ?? (await ClaimProvisioner.start(plane.api, paths.volumes));
    const node = new MinimalNode(plane, { image, storage, folder: paths.pods, options });
    await registerNode(plane.api, node.name);
    node.#work();
    return node;
  }

  private constructor(
    plane: ControlPlane,
    parts: { image: Image; storage: ClaimProvisioner; folder: string; options: NodeOptions },
  ) {
    const { image, storage, folder, options } = parts;
    this.#plane = plane;
    this.storage = storage;
    this.#ownsStorage = options.storage === undefined;
    this.#images = new Map([[SESSION_IMAGE, image]]);
    this.#host = {
      name: this.name,
      api: plane.api,
      apiPort: Number(new URL(plane.server).port),
      keeper: plane.keeper,
      folder,
      shared: (options.shared ?? []).map((path): Mount => ({ source: path, target: path, readOnly: true })),
      silent: this.#silent.signal,
      image: (name) => (this.#failImages ? undefined : this.#images.get(name)),
      claimFolder: (namespace, claim) => storage.folderOf(namespace, claim),
    };
  }

  /** Another image, with the files of the session's and an entry point of its own. */
  addImage(name: string, entrypoint: readonly string[]): void {
    const image = this.#images.get(SESSION_IMAGE);
    if (image !== undefined) this.#images.set(name, { ...image, entrypoint });
  }

  /** From then on no image can be pulled: ErrImagePull and ImagePullBackOff; until `false`. */
  failImages(fails: boolean): void {
    this.#failImages = fails;
  }

  /** The address of a pod, also before its first container has started. */
  podIP(pod: PodName): string {
    return this.#life(pod).podIP;
  }

  /** A running container: its number among this machine's processes, its log, and `exec`. */
  container(pod: PodName, name: string): Container {
    return this.#life(pod).container(name);
  }

  /** Ends a pod as a node does that is short of something, or that shuts down (`Terminated`). */
  evict(
    pod: PodName,
    { reason = "Evicted", message = "The node was low on resource: ephemeral-storage. " } = {},
  ): Promise<void> {
    return this.#life(pod).evict(reason, message);
  }

  /** As when a container takes more memory than it may. */
  outOfMemory(pod: PodName, container: string): Promise<void> {
    return this.#life(pod).outOfMemory(container);
  }

  /** The machine is gone: nothing is reported from then on. Its pods' processes end with it, or go on out of reach. */
  async vanish({ processes = "end" }: { readonly processes?: "end" | "go on" } = {}): Promise<void> {
    this.#silent.abort();
    this.#stop.abort();
    await this.#working;
    if (processes === "end") await this.#endPods();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vanish();
    if (this.#ownsStorage) await this.storage[Symbol.asyncDispose]();
    // The cluster may be gone already.
    await removeNode(this.#plane.api, this.name).catch(() => {});
  }

  #life({ namespace, name }: PodName): PodLife {
    const found = this.#pods.get(`${namespace}/${name}`);
    if (found === undefined) throw new Error(`pod ${namespace}/${name} is not on ${this.name}`);
    return found;
  }

  #work(): void {
    const { api } = this.#plane;
    const { signal } = this.#stop;
    const path = `/api/v1/pods?fieldSelector=spec.nodeName%3D${this.name}`;
    this.#working = Promise.all([
      renewLease(api, this.name, signal).catch(() => {}),
      followAlways<V1Pod>({ api, path, signal }, (event) => this.#see(event)),
    ]);
  }

  #see(event: WatchEvent<V1Pod>): void {
    if (event.type !== "LIST") {
      if (event.type === "DELETED") this.#pods.get(keyOf(event.object))?.vanish();
      else this.#meet(event.object);
      return;
    }
    const uids = new Set(event.items.map(({ metadata }) => metadata?.uid));
    for (const life of this.#pods.values()) if (!uids.has(life.uid)) life.vanish();
    for (const pod of event.items) this.#meet(pod);
  }

  #meet(pod: V1Pod): void {
    const key = keyOf(pod);
    const known = this.#pods.get(key);
    if (known?.uid === pod.metadata?.uid) return known?.update(pod);
    // One of the same name before it: it is over in the API, so it may not hold this one up.
    known?.vanish();
    const life = new PodLife(this.#host, pod, loopbackAddress());
    this.#pods.set(key, life);
    void life.over.then(() => {
      if (this.#pods.get(key) === life) this.#pods.delete(key);
    });
  }

  async #endPods(): Promise<void> {
    const all = [...this.#pods.values()];
    for (const life of all) life.vanish();
    await Promise.all(all.map(({ over }) => over));
  }
}

const keyOf = ({ metadata }: V1Pod): string => `${metadata?.namespace}/${metadata?.name}`;

/** One of sixteen million: two pods of one machine do not meet. */
const loopbackAddress = (): string => `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
