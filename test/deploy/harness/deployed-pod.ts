import { chmod, chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { V1Container, V1Deployment, V1KeyToPath, V1Pod, V1Volume } from "@kubernetes/client-node";
import { REVISION } from "../../../src/deploy/objects/revision.ts";
import { startContainer } from "../../cluster/harness/container-start.ts";
import type { Container } from "../../cluster/harness/container.ts";
import type { ControlPlane } from "../../cluster/harness/control-plane.ts";
import type { Image } from "../../cluster/harness/image.ts";
import { readValues, type PodHost } from "../../cluster/harness/pod-host.ts";
import { MountedFolder } from "../../edge/harness/mounted-folder.ts";
import { eventually } from "../../harness/eventually.ts";
import { call, eventually as untilGood } from "../../harness/http.ts";
import { freePorts } from "../../harness/router.ts";
import type { ClusterServices, Endpoint } from "./cluster-services.ts";

export interface DeployedPodOptions {
  readonly plane: ControlPlane;
  readonly services: ClusterServices;
  readonly namespace: string;
  readonly deployment: string;
  readonly image: Image;
  /** What nobody could deploy: where GitHub is. */
  readonly args?: readonly string[];
}

/**
 * The program of a Deployment as the newest of its pods says: its command, environment, user, files and credentials, as the API
 * server has them. Only the ports that it listens on and the addresses of Services are other ones, on loopback.
 */
export class DeployedPod implements Endpoint {
  readonly namespace: string;
  labels: Readonly<Record<string, string>> = {};
  readonly ports = new Map<string, number>();
  readonly #options: DeployedPodOptions;
  readonly #volumes = new Map<string, MountedFolder>();
  readonly #byNumber = new Map<number, number>();
  #pod: V1Pod = {};
  #folder = "";
  #process!: Container;

  /** Resolves when it is ready, by its own probe. @throws Error with what the program said when it ends instead */
  static async start(options: DeployedPodOptions): Promise<DeployedPod> {
    const pod = new DeployedPod(options);
    await pod.#start();
    return pod;
  }

  private constructor(options: DeployedPodOptions) {
    this.#options = options;
    this.namespace = options.namespace;
  }

  async #start(): Promise<void> {
    const { plane, services, deployment } = this.#options;
    this.#pod = await eventually(() => this.#newest(), 20_000);
    this.labels = this.#pod.metadata?.labels ?? {};
    this.#folder = await plane.keeper.folder(`${deployment}-`);
    const [container] = this.#pod.spec?.containers ?? [];
    if (container === undefined) throw new Error(`${deployment} has no container`);
    const free = await freePorts(container.ports?.length ?? 0);
    for (const [index, { name = "", containerPort }] of (container.ports ?? []).entries()) {
      this.ports.set(name, free[index] ?? 0);
      this.#byNumber.set(containerPort, free[index] ?? 0);
    }
    const volumes = new Map<string, string>();
    for (const volume of this.#pod.spec?.volumes ?? []) volumes.set(volume.name, await this.#volume(volume));
    this.#process = await this.#run(container, volumes);
    await this.#ready(container);
    services.endpoints.add(this);
  }

  /** The pod of what the Deployment asks for now. */
  async #newest(): Promise<V1Pod> {
    const { plane, namespace, deployment } = this.#options;
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`;
    const { spec } = await plane.api.get<V1Deployment>(path);
    const wanted = spec?.template.metadata?.annotations?.[REVISION];
    const { items } = await plane.api.get<{ items: V1Pod[] }>(`/api/v1/namespaces/${namespace}/pods`);
    const pod = items.find(
      ({ metadata }) =>
        metadata?.labels?.["app.kubernetes.io/name"] === deployment && metadata.annotations?.[REVISION] === wanted,
    );
    if (pod === undefined) throw new Error(`${deployment}: no pod of revision ${wanted}`);
    return pod;
  }

  async #run(container: V1Container, volumes: ReadonlyMap<string, string>): Promise<Container> {
    const { plane, image } = this.#options;
    const host: PodHost = {
      name: this.#pod.spec?.nodeName ?? "",
      api: plane.api,
      keeper: plane.keeper,
      apiPort: Number(new URL(plane.server).port),
      folder: this.#folder,
      shared: [],
      silent: new AbortController().signal,
      image: () => image,
      claimFolder: async () => undefined,
    };
    const args = [...(container.args ?? []).map((word) => this.#listening(word)), ...(this.#options.args ?? [])];
    return startContainer({
      host,
      pod: this.#pod,
      container: { ...container, args },
      volumes,
      folder: this.#folder,
      podIP: "127.0.0.1",
      injected: await this.#injected(container),
      signal: AbortSignal.timeout(20_000),
      waiting: (reason, message) => {
        throw new Error(`${reason}: ${message}`);
      },
    });
  }

  /** The variables that name ports of the container, or Services. */
  async #injected({ env = [] }: V1Container): Promise<Record<string, string>> {
    const changed: Record<string, string> = { BIND_ADDRESS: "127.0.0.1" };
    for (const { name, value = "" } of env) {
      if (name.endsWith("PORT")) changed[name] = String(this.#port(Number(value)));
      const local = await this.#options.services.localise(value);
      if (local !== value) changed[name] = local;
    }
    return changed;
  }

  /** Addresses to listen on, as flags and Traefik's configuration name them. */
  #listening(text: string): string {
    return text.replace(
      /(?:0\.0\.0\.0|(?<=\baddress: "?)):(\d+)/g,
      (_, port) => `127.0.0.1:${this.#port(Number(port))}`,
    );
  }

  #port(number: number): number {
    const port = this.#byNumber.get(number);
    if (port === undefined)
      throw new Error(`${this.#options.deployment} listens on ${number}, which is no port of its container`);
    return port;
  }

  async #volume(volume: V1Volume): Promise<string> {
    const path = join(this.#folder, "volumes", volume.name);
    await mkdir(path, { recursive: true });
    if (volume.emptyDir) await chmod(path, 0o777);
    else {
      const mounted = new MountedFolder(path);
      this.#volumes.set(volume.name, mounted);
      await this.#fill(volume, mounted);
    }
    return path;
  }

  /** Takes over what has changed in the mounted objects since, as a kubelet does. */
  async refresh(): Promise<void> {
    for (const volume of this.#pod.spec?.volumes ?? []) {
      const mounted = this.#volumes.get(volume.name);
      if (mounted) await this.#fill(volume, mounted);
    }
  }

  async #fill(volume: V1Volume, mounted: MountedFolder): Promise<void> {
    const files = await this.#files(volume);
    await mounted.write(files);
    const { secret, configMap, projected } = volume;
    const mode = secret?.defaultMode ?? configMap?.defaultMode ?? projected?.defaultMode ?? 0o644;
    const group = this.#pod.spec?.securityContext?.fsGroup;
    for (const file of Object.keys(files)) {
      await chown(join(mounted.path, file), 0, group ?? 0);
      await chmod(join(mounted.path, file), group === undefined ? mode : mode | 0o440);
    }
  }

  async #files({ secret, configMap, projected }: V1Volume): Promise<Record<string, string>> {
    if (secret) return this.#values("secret", { ...secret, name: secret.secretName });
    if (configMap) return this.#values("configmap", configMap);
    const files: Record<string, string> = {};
    for (const source of projected?.sources ?? []) {
      if (source.secret) Object.assign(files, await this.#values("secret", source.secret));
      if (source.configMap) Object.assign(files, await this.#values("configmap", source.configMap));
      if (source.serviceAccountToken) files["token"] = await this.#token();
      if (source.downwardAPI) files["namespace"] = this.namespace;
    }
    return files;
  }

  #token(): Promise<string> {
    return this.#options.plane.serviceAccountToken(this.namespace, this.#pod.spec?.serviceAccountName ?? "");
  }

  async #values(
    kind: "secret" | "configmap",
    { name = "", items }: { readonly name?: string | undefined; readonly items?: readonly V1KeyToPath[] | undefined },
  ): Promise<Record<string, string>> {
    const values = await readValues(this.#options.plane.api, { namespace: this.namespace, kind, name });
    if (values === undefined) throw new Error(`${this.#options.deployment}: there is no ${kind} ${name}`);
    const files: Record<string, string> = {};
    for (const { key, path } of items ?? Object.keys(values).map((key) => ({ key, path: key })))
      files[path] = this.#listening(await this.#options.services.localise(values[key] ?? ""));
    return files;
  }

  async #ready({ readinessProbe }: V1Container): Promise<void> {
    const { path = "/", port } = readinessProbe?.httpGet ?? {};
    const ask = async (): Promise<number> => {
      if (!this.#process.running) throw new Error(`${this.#options.deployment} has ended: ${this.log()}`);
      return call(this.ports.get(String(port)) ?? 0, path).then(
        ({ status }) => status,
        () => 0,
      );
    };
    await untilGood(ask, (status) => status === 200, 30_000);
  }

  log(): string {
    return this.#process.log();
  }

  /** As a pod goes: no new connections, then the signal, then the time that it has. */
  async end(graceSeconds = this.#pod.spec?.terminationGracePeriodSeconds ?? 30): Promise<number> {
    this.#options.services.endpoints.delete(this);
    return this.#process.end(graceSeconds);
  }
}
