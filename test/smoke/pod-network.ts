import { randomBytes } from "node:crypto";
import type { ContainerSession } from "./container-session.ts";
import { engineSays, runEngine } from "./engine.ts";

/** Tries every port. What is not open has to be refused: a network that loses packets would show nothing. */
const TRY_ALL = `
const { connect } = require("node:net");
const open = [], refusals = new Set();
let next = 1;
const tryOne = (port) => new Promise((resolve) => {
  const socket = connect({ host: process.argv[1], port, timeout: 10_000 });
  socket.once("connect", () => { open.push(port); socket.destroy(); });
  socket.once("timeout", () => socket.destroy(Object.assign(new Error(), { code: "timeout" })));
  socket.once("error", ({ code }) => refusals.add(code));
  socket.once("close", resolve);
});
const worker = async () => { while (next <= 65_535) await tryOne(next++); };
Promise.all(Array.from({ length: 200 }, worker)).then(() => console.log(JSON.stringify({ open, refusals: [...refusals] })));`;

/** A network between containers that leads nowhere else, as the one between the pods of a cluster. */
export class PodNetwork implements AsyncDisposable {
  readonly name = `ocr-smoke-${randomBytes(6).toString("hex")}`;

  static async create(): Promise<PodNetwork> {
    const network = new PodNetwork();
    await engineSays("network", "create", "--internal", network.name);
    return network;
  }

  /** The address that other containers of the network find a container at. */
  addressOf(container: string): Promise<string> {
    const format = `{{(index .NetworkSettings.Networks "${this.name}").IPAddress}}`;
    return engineSays("inspect", `--format=${format}`, container);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runEngine(["network", "rm", this.name]);
  }
}

/** Which TCP ports another container of the session's network finds open, and how the others refuse. */
export async function openPorts(
  session: ContainerSession,
  address: string,
): Promise<{ open: number[]; refusals: string[] }> {
  const { stdout, stderr } = await session.run(["--eval", TRY_ALL, address], { options: ["--entrypoint=node"] });
  if (stdout === "") throw new Error(`the ports of ${address} were not tried: ${stderr}`);
  return JSON.parse(stdout) as { open: number[]; refusals: string[] };
}
