import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { parse } from "yaml";

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

export class ApiError extends Error {
  readonly status: number;
  readonly details: { readonly kind?: string; readonly name?: string } | undefined;

  constructor(status: number, body: string) {
    const said = parsed(body);
    super(said?.message ?? `the API server answered ${status}: ${body}`);
    this.status = status;
    this.details = said?.details;
  }
}

function parsed(body: string): { message?: string; details?: ApiError["details"] } | undefined {
  try {
    return JSON.parse(body) as { message?: string; details?: ApiError["details"] };
  } catch {
    return undefined;
  }
}

interface Kubeconfig {
  readonly "current-context": string;
  readonly contexts: readonly { name: string; context: { cluster: string; user: string } }[];
  readonly clusters: readonly { name: string; cluster: { server: string; "certificate-authority": string } }[];
  readonly users: readonly { name: string; user: { token: string } }[];
}

interface ResourceList {
  readonly resources: readonly { name: string; kind: string; namespaced: boolean }[];
}

export interface Call {
  readonly method: "GET" | "PATCH" | "DELETE";
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Objects of a cluster, by the credentials of a kubeconfig with a token. */
export class KubernetesApi {
  readonly #server: string;
  readonly #token: string;
  readonly #agent: Agent;
  readonly #kinds = new Map<string, Promise<ResourceList>>();

  /** @param kubeconfig a file, or its content */
  constructor(kubeconfig: string, context: string | undefined) {
    const content =
      kubeconfig.includes("\n") || kubeconfig.includes("{") ? kubeconfig : readFileSync(kubeconfig, "utf8");
    const config = parse(content) as Kubeconfig;
    const { cluster, user } = named(config.contexts, context ?? config["current-context"]).context;
    const place = named(config.clusters, cluster).cluster;
    this.#server = place.server;
    this.#token = named(config.users, user).user.token;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 16, ca: readFileSync(place["certificate-authority"]) });
  }

  /** What the API server has under this name; undefined where there is nothing. */
  find(object: KubernetesObject): Promise<KubernetesObject | undefined> {
    return absent(this.on(object, { method: "GET" }));
  }

  /** Calls with the object's path. @throws {ApiError} */
  async on(object: KubernetesObject, call: Call): Promise<KubernetesObject> {
    const { apiVersion, kind, metadata } = object;
    const resource = await this.resource(apiVersion, kind);
    if (resource === undefined) throw new ApiError(404, `{"message":"no kind ${kind} in ${apiVersion}"}`);
    const within = resource.namespaced ? `/namespaces/${metadata.namespace ?? "default"}` : "";
    return this.#call(`${root(apiVersion)}${within}/${resource.name}/${metadata.name}`, call);
  }

  /** How a kind is called in paths; undefined as long as the cluster does not know it. */
  async resource(apiVersion: string, kind: string): Promise<ResourceList["resources"][number] | undefined> {
    for (const known of [true, false]) {
      if (!known) this.#kinds.delete(apiVersion);
      const list = this.#kinds.get(apiVersion) ?? this.#discover(apiVersion);
      this.#kinds.set(apiVersion, list);
      const found = (await list).resources.find((one) => one.kind === kind && !one.name.includes("/"));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #discover(apiVersion: string): Promise<ResourceList> {
    const list = await absent(this.#call(root(apiVersion), { method: "GET" }));
    return (list as ResourceList | undefined) ?? { resources: [] };
  }

  async #call(path: string, { method, query = {}, body }: Call): Promise<KubernetesObject> {
    const url = new URL(`${path}?${new URLSearchParams(query)}`, this.#server);
    const headers = {
      authorization: `Bearer ${this.#token}`,
      ...(body === undefined ? {} : { "content-type": "application/apply-patch+yaml" }),
    };
    const [status, answer] = await new Promise<[number, string]>((resolve, reject) => {
      const sent = request(url, { method, agent: this.#agent, headers, timeout: 30_000 }, (response) => {
        text(response).then((all) => resolve([response.statusCode ?? 0, all]), reject);
      });
      sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer`)));
      sent.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
    if (status >= 300) throw new ApiError(status, answer);
    return JSON.parse(answer) as KubernetesObject;
  }
}

const root = (apiVersion: string): string => (apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`);

function named<T extends { name: string }>(all: readonly T[], name: string): T {
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the kubeconfig has no ${name}`);
  return found;
}

export async function absent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
