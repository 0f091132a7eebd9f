import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { pipeline } from "node:stream";
import type { V1Service } from "@kubernetes/client-node";
import type { TestApi } from "../../cluster/harness/test-api.ts";

/** A pod that is ready. */
export interface Endpoint {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Where it listens on 127.0.0.1, by the names of its container's ports. */
  readonly ports: ReadonlyMap<string, number>;
}

const ADDRESS = /http:\/\/([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.cluster\.local:(\d+)/g;

/** The cluster's Services on loopback: each as its object says, to the newest of the pods that it selects. */
export class ClusterServices implements AsyncDisposable {
  /** The oldest first. */
  readonly endpoints = new Set<Endpoint>();
  readonly #api: TestApi;
  readonly #servers = new Map<string, Server>();

  constructor(api: TestApi) {
    this.#api = api;
  }

  /** The text with a loopback address for that of each Service. @throws Error when there is no such Service or port */
  async localise(text: string): Promise<string> {
    let local = text;
    for (const [url, name = "", namespace = "", port] of text.matchAll(ADDRESS)) {
      const server =
        this.#servers.get(url) ?? (await this.#open(`/api/v1/namespaces/${namespace}/services/${name}`, Number(port)));
      this.#servers.set(url, server);
      local = local.replaceAll(url, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    }
    return local;
  }

  async #open(path: string, number: number): Promise<Server> {
    const { metadata, spec } = await this.#api.get<V1Service>(path);
    const port = spec?.ports?.find((one) => one.port === number);
    if (port === undefined) throw new Error(`${path} has no port ${number}`);
    const selected = ({ namespace, labels }: Endpoint) =>
      namespace === metadata?.namespace &&
      Object.entries(spec?.selector ?? {}).every(([name, value]) => labels[name] === value);
    const server = createServer((client) => {
      const pod = [...this.endpoints].findLast(selected);
      const target = pod?.ports.get(String(port.targetPort));
      if (target === undefined) return void client.destroy();
      const connection = connect(target, "127.0.0.1");
      pipeline(client, connection, () => undefined);
      pipeline(connection, client, () => undefined);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.values()) server.close();
  }
}
