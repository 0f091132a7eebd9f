import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { V1PersistentVolume, V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { eventually } from "../../harness/eventually.ts";
import { followAlways, isGone, persist } from "./persist.ts";
import { ApiFailure, MERGE_PATCH, type TestApi } from "./test-api.ts";

const DRIVER = "volumes.test.local";
const CLASS = "test";
const VOLUMES = "/api/v1/persistentvolumes";
const SELECTED_NODE = "volume.kubernetes.io/selected-node";

const storageClass = {
  metadata: { name: CLASS, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: DRIVER,
  // As most clusters have it: a claim waits for the pod that uses it.
  volumeBindingMode: "WaitForFirstConsumer",
  reclaimPolicy: "Delete",
};

/** The cluster's storage: the default class, whose volumes are folders of this machine that every node can reach. */
export class ClaimProvisioner implements AsyncDisposable {
  /** While it is true, no volume is made. */
  paused = false;
  readonly #api: TestApi;
  readonly #folder: string;
  readonly #stop = new AbortController();
  #following: Promise<unknown> = Promise.resolve();
  readonly #waiting = new Map<string, V1PersistentVolumeClaim>();

  private constructor(api: TestApi, folder: string) {
    this.#api = api;
    this.#folder = folder;
  }

  static async start(api: TestApi, folder: string): Promise<ClaimProvisioner> {
    await api.call("POST", "/apis/storage.k8s.io/v1/storageclasses", storageClass);
    const provisioner = new ClaimProvisioner(api, folder);
    provisioner.#follow();
    return provisioner;
  }

  /** Folder of the volume that a claim is bound to; undefined while it is not bound, or its volume is none of ours. */
  async folderOf(namespace: string, claim: string): Promise<string | undefined> {
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${claim}`;
    const found = await this.#api.find<V1PersistentVolumeClaim>(path);
    const volume = found?.status?.phase === "Bound" ? found.spec?.volumeName : undefined;
    return volume === undefined ? undefined : join(this.#folder, volume);
  }

  /** Makes what was held back while it was paused. */
  resume(): void {
    this.paused = false;
    for (const claim of this.#waiting.values()) this.#provide(claim);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  #follow(): void {
    const { signal } = this.#stop;
    const claims = { api: this.#api, path: "/api/v1/persistentvolumeclaims", signal };
    const volumes = { api: this.#api, path: VOLUMES, signal };
    this.#following = Promise.all([
      followAlways<V1PersistentVolumeClaim>(claims, (event) => {
        for (const claim of event.type === "LIST" ? event.items : [event.object]) this.#provide(claim);
      }),
      followAlways<V1PersistentVolume>(volumes, (event) => {
        for (const volume of event.type === "LIST" ? event.items : [event.object]) this.#reclaim(volume);
      }),
    ]);
  }

  #provide(claim: V1PersistentVolumeClaim): void {
    const { uid = "", deletionTimestamp, annotations = {} } = claim.metadata ?? {};
    this.#waiting.delete(uid);
    if (claim.spec?.storageClassName !== CLASS || claim.spec.volumeName || deletionTimestamp) return;
    if (annotations[SELECTED_NODE] === undefined) return;
    if (this.paused) return void this.#waiting.set(uid, claim);
    void this.#inTime(async () => {
      const name = `pvc-${uid}`;
      await mkdir(join(this.#folder, name), { recursive: true });
      await this.#api.call("POST", VOLUMES, volumeFor(claim, name)).catch(unlessThere);
    });
  }

  #reclaim({ metadata, spec, status }: V1PersistentVolume): void {
    const name = metadata?.name ?? "";
    if (status?.phase !== "Released" || spec?.csi?.driver !== DRIVER) return;
    void this.#inTime(async () => {
      await rm(join(this.#folder, name), { recursive: true, force: true });
      await this.#api.call("DELETE", `${VOLUMES}/${name}`).catch((error: unknown) => {
        if (!isGone(error)) throw error;
      });
    });
  }

  /** What the end of the test interrupts was of no use any more. */
  #inTime(action: () => Promise<void>): Promise<void> {
    return persist(this.#stop.signal, action).catch(() => {});
  }
}

const volumeFor = (claim: V1PersistentVolumeClaim, name: string): V1PersistentVolume => ({
  metadata: { name, annotations: { "pv.kubernetes.io/provisioned-by": DRIVER } },
  spec: {
    capacity: { storage: claim.spec?.resources?.requests?.["storage"] ?? "1Gi" },
    accessModes: claim.spec?.accessModes ?? [],
    persistentVolumeReclaimPolicy: "Delete",
    storageClassName: CLASS,
    claimRef: {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      namespace: claim.metadata?.namespace ?? "",
      name: claim.metadata?.name ?? "",
      uid: claim.metadata?.uid ?? "",
    },
    csi: { driver: DRIVER, volumeHandle: name, fsType: "ext4" },
  },
});

function unlessThere(error: unknown): void {
  if (!(error instanceof ApiFailure && error.status === 409)) throw error;
}

const FINALIZER = `${DRIVER}/stuck`;

interface Finalized {
  readonly metadata: { readonly finalizers?: readonly string[]; readonly resourceVersion: string };
}

/** Keeps an object from going once it is deleted, until this is disposed of. `path` names it in the API. */
export async function stuckTerminating(api: TestApi, path: string): Promise<AsyncDisposable> {
  const change = (next: (finalizers: readonly string[]) => readonly string[]) =>
    eventually(async () => {
      const found = await api.find<Finalized>(path);
      if (found === undefined) return;
      const { finalizers = [], resourceVersion } = found.metadata;
      const metadata = { resourceVersion, finalizers: next(finalizers) };
      await api.call("PATCH", path, { metadata }, MERGE_PATCH);
    });
  await change((names) => [...names, FINALIZER]);
  return { [Symbol.asyncDispose]: () => change((names) => names.filter((name) => name !== FINALIZER)) };
}
