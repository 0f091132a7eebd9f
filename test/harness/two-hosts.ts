import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Two hosts on one cable, in network namespaces of their own: what is between them can be cut without a word. */
export class TwoHosts implements AsyncDisposable {
  readonly server: string;
  readonly client: string;
  readonly serverAddress = "10.99.0.1";

  private constructor(id: string) {
    this.server = `s${id}`;
    this.client = `c${id}`;
  }

  /** @throws where network namespaces are not permitted: a silent network cannot be had there. */
  static async connect(): Promise<TwoHosts> {
    const hosts = new TwoHosts(randomBytes(3).toString("hex"));
    try {
      await hosts.#plugIn();
      return hosts;
    } catch (cause) {
      await hosts[Symbol.asyncDispose]();
      throw new Error("This test needs network namespaces: run it as root, in a container with CAP_NET_ADMIN.", {
        cause,
      });
    }
  }

  async #plugIn(): Promise<void> {
    const { server, client } = this;
    for (const host of [server, client]) await run("ip", ["netns", "add", host]);
    await run("ip", ["link", "add", server, "netns", server, "type", "veth", "peer", "name", client, "netns", client]);
    await run("ip", ["-n", server, "addr", "add", `${this.serverAddress}/24`, "dev", server]);
    await run("ip", ["-n", client, "addr", "add", "10.99.0.2/24", "dev", client]);
    await run("ip", ["-n", server, "link", "set", "lo", "up"]);
    for (const host of [server, client]) await run("ip", ["-n", host, "link", "set", host, "up"]);
  }

  /** From now on nothing arrives, and nobody is told. */
  async cut(): Promise<void> {
    await run("ip", ["-n", this.client, "link", "set", this.client, "down"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of [this.server, this.client]) await run("ip", ["netns", "delete", host]).catch(() => {}); // never made
  }
}
