import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../../src/lib/free-port.ts";
import { eventually } from "../../harness/eventually.ts";
import { clusterTool } from "./cluster-tools.ts";
import { ADMIN, kubeconfig, writeCredentials, type ClusterUser, type Credentials } from "./credentials.ts";
import { applyDefinitions } from "./custom-resources.ts";
import * as commands from "./daemon-commands.ts";
import { Daemon } from "./daemon.ts";
import { compactEtcd } from "./etcd.ts";
import { Keeper } from "./keeper.ts";
import { TestApi } from "./test-api.ts";
import { createNamespace } from "./test-namespace.ts";

const READY_MS = 90_000;

export interface ControlPlaneOptions {
  /** Named users besides the administrator, with their groups. What they may do is for RBAC objects to say. */
  readonly users?: Readonly<Record<string, readonly string[]>>;
  /** Seconds of silence after which a node is unreachable; default 40. */
  readonly nodeSilenceSeconds?: number;
  /** Seconds for which pods stay bound to an unreachable node before they are deleted; default 300. */
  readonly nodeGoneSeconds?: number;
  /** Which requests the API server notes in `auditLog`: rules of an audit policy, the first that fits. None by default. */
  readonly auditRules?: readonly object[];
}

/** A real control plane on 127.0.0.1: etcd, API server (RBAC, PodSecurity), controllers and scheduler; no nodes. */
export class ControlPlane implements AsyncDisposable {
  readonly keeper: Keeper;
  /** As the administrator. */
  readonly api: TestApi;
  readonly server: string;
  readonly caFile: string;
  /** File of the requests that the API server was told to note, one JSON text a line. */
  readonly auditLog: string;
  readonly #folder: string;
  readonly #users: ReadonlyMap<string, ClusterUser>;
  readonly #ports: commands.ClusterPorts;
  readonly #apiServer: Daemon;
  /** In the order in which they end: clients before servers. */
  readonly #daemons: readonly Daemon[];

  constructor(parts: {
    keeper: Keeper;
    folder: string;
    ports: commands.ClusterPorts;
    users: ReadonlyMap<string, ClusterUser>;
    caFile: string;
    apiServer: Daemon;
    daemons: readonly Daemon[];
  }) {
    this.keeper = parts.keeper;
    this.caFile = parts.caFile;
    this.auditLog = auditLog(parts.folder);
    this.server = serverUrl(parts.ports);
    this.#folder = parts.folder;
    this.#ports = parts.ports;
    this.#users = parts.users;
    this.#apiServer = parts.apiServer;
    this.#daemons = parts.daemons;
    this.api = this.apiAs(ADMIN);
  }

  /** @throws for a user that was not named at the start */
  token(user: string = ADMIN): string {
    const found = this.#users.get(user);
    if (found === undefined) throw new Error(`no such user: ${user}`);
    return found.token;
  }

  /** Token of a service account, valid for an hour. */
  async serviceAccountToken(namespace: string, name: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
    return (await this.api.call<{ status: { token: string } }>("POST", path, body)).status.token;
  }

  /** Writes a kubeconfig file for a named user, or for the bearer of a token. @returns its path */
  kubeconfig({ user = ADMIN, token = this.token(user), namespace = "default" } = {}): string {
    const file = join(this.#folder, `kubeconfig-${user}-${namespace}`);
    const content = kubeconfig({ server: this.server, caFile: this.caFile, token }, namespace);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  /** Calls as a named user; dispose of it. */
  apiAs(user: string): TestApi {
    return new TestApi({ server: this.server, ca: readFileSync(this.caFile, "utf8"), token: this.token(user) });
  }

  /** Where etcd answers, over HTTP and to everybody. */
  get etcd(): string {
    return commands.etcdUrl(this.#ports);
  }

  /** Runs kubectl as the administrator. @returns its standard output @throws with its standard error */
  kubectl(...args: string[]): Promise<string> {
    return this.#kubectl(args);
  }

  /** `kubectl apply` of manifests in YAML or JSON. */
  apply(manifests: string): Promise<string> {
    return this.#kubectl(["apply", "-f", "-"], manifests);
  }

  /** A new namespace that enforces the restricted profile, with its service account `default`. @returns its name */
  namespace(prefix = "test"): Promise<string> {
    return createNamespace(this.api, prefix);
  }

  /** An outage: `SIGTERM` and `SIGKILL` refuse connections from then on, `SIGSTOP` lets them hang. */
  stopApiServer(signal: "SIGTERM" | "SIGKILL" | "SIGSTOP" = "SIGTERM"): Promise<void> {
    return this.#apiServer.stop(signal);
  }

  /** Ends an outage; resolves when the API server is ready again. */
  async startApiServer(): Promise<void> {
    this.#apiServer.start();
    await ready(this.api, this.#apiServer);
  }

  /**
   * Drops the history of all objects in etcd. The API server itself still remembers the last changes: only after it has
   * been started again, too, does a watch from an older resourceVersion get 410.
   */
  compact(): Promise<void> {
    return compactEtcd(this.etcd);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
    // All of it is thrown away: nobody needs to take leave.
    for (const daemon of this.#daemons) await daemon.stop("SIGKILL");
    await this.keeper[Symbol.asyncDispose]();
  }

  #kubectl(args: readonly string[], input = ""): Promise<string> {
    const env = { PATH: process.env.PATH, HOME: this.#folder, KUBECONFIG: this.kubeconfig() };
    return new Promise((resolve, reject) => {
      const options = { env, encoding: "utf8", timeout: 60_000, maxBuffer: 64 << 20 } as const;
      const child = execFile(clusterTool("kubectl"), args, options, (error, stdout, stderr) => {
        if (error) reject(new Error(`kubectl ${args.join(" ")}: ${stderr}`, { cause: error }));
        else resolve(stdout);
      });
      child.stdin?.on("error", () => {}).end(input);
    });
  }
}

const auditLog = (folder: string): string => join(folder, "audit.log");
const serverUrl = ({ api }: commands.ClusterPorts): string => `https://127.0.0.1:${api}`;

/** Starts a control plane, with the custom resources of src/deploy/crds; it takes some ten seconds. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const keeper = new Keeper();
  const daemons: Daemon[] = [];
  try {
    const folder = await keeper.folder("cluster-");
    return await startIn(folder, { keeper, daemons, options });
  } catch (cause) {
    for (const daemon of daemons) await daemon.stop("SIGKILL");
    await keeper[Symbol.asyncDispose]();
    throw cause;
  }
}

async function startIn(
  folder: string,
  { keeper, daemons, options }: { keeper: Keeper; daemons: Daemon[]; options: ControlPlaneOptions },
): Promise<ControlPlane> {
  const ports = { etcd: await freePort(), etcdPeer: await freePort(), api: await freePort() };
  const credentials = writeCredentials(folder, options.users ?? {});
  const files = clusterFiles(folder, credentials);
  const daemon = (name: string, command: readonly string[]): Daemon => {
    const made = new Daemon(keeper, { name, command, log: join(folder, `${name}.log`) });
    daemons.unshift(made);
    made.start();
    return made;
  };
  daemon("etcd", commands.etcdCommand(ports, files));
  const apiCommand = commands.apiServerCommand(ports, files, options.nodeGoneSeconds ?? 300);
  const apiServer = daemon("kube-apiserver", [...apiCommand, ...auditFlags(folder, options.auditRules)]);
  const caFile = join(files.certificates, commands.CERTIFICATE);
  await eventually(async () => readFileSync(caFile), READY_MS);
  const plane = new ControlPlane({ keeper, folder, ports, users: credentials.users, caFile, apiServer, daemons });
  await ready(plane.api, apiServer);
  writeFileSync(files.adminKubeconfig, readFileSync(plane.kubeconfig()), { mode: 0o600 });
  // Before the controllers: garbage collection looks for new kinds of resources only every 30 seconds.
  await applyDefinitions(plane.api);
  daemon("kube-controller-manager", commands.controllerManagerCommand(files, options.nodeSilenceSeconds ?? 40));
  daemon("kube-scheduler", commands.schedulerCommand(files));
  await eventually(() => plane.api.get("/api/v1/namespaces/default/serviceaccounts/default"), READY_MS);
  return plane;
}

function clusterFiles(folder: string, credentials: Credentials): commands.ClusterFiles {
  const etcdData = join(folder, "etcd");
  mkdirSync(etcdData, { mode: 0o700 });
  const { tokens, serviceAccountKey } = credentials;
  const adminKubeconfig = join(folder, "controllers");
  return { etcdData, certificates: join(folder, "certificates"), tokens, serviceAccountKey, adminKubeconfig };
}

function auditFlags(folder: string, rules: readonly object[] | undefined): string[] {
  if (rules === undefined) return [];
  const file = join(folder, "audit-policy.json");
  writeFileSync(file, JSON.stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules }));
  return [`--audit-policy-file=${file}`, `--audit-log-path=${auditLog(folder)}`];
}

async function ready(api: TestApi, apiServer: Daemon): Promise<void> {
  const until = Date.now() + READY_MS;
  await eventually(async () => {
    try {
      await api.text("/readyz");
    } catch (cause) {
      if (apiServer.running && Date.now() < until) throw cause;
      throw new Error(`kube-apiserver is not ready:\n${apiServer.lastWords()}`, { cause });
    }
  }, READY_MS);
}
