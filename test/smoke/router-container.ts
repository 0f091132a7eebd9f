import { randomBytes } from "node:crypto";
import { eventually } from "../harness/eventually.ts";
import { CONFINEMENT, engineSays, runEngine, type Outcome } from "./engine.ts";
import { image } from "./image.ts";

const STOP_S = 40;

const variables = (env: Readonly<Record<string, string>>) =>
  Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);

/** The router's image with a configuration with which it ends by itself. */
export const runRouterImage = (env: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Outcome> =>
  runEngine(["run", "--rm", ...CONFINEMENT, ...variables(env), image, ...args]);

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** The image's own health check. */
async function healthCheck(): Promise<string[]> {
  const [, ...check] = JSON.parse(
    await engineSays("image", "inspect", "--format={{json .Config.Healthcheck.Test}}", image),
  ) as string[];
  return check;
}

/** Runs the image's own health check where no router is. */
export async function checkHealthOfNothing(): Promise<Outcome> {
  const [program = "", ...args] = await healthCheck();
  return runEngine(["run", "--rm", ...CONFINEMENT, `--entrypoint=${program}`, image, ...args]);
}

/** Runs in the container, which has no network but its own loopback, and prints the answer as JSON. */
const ASK = `
const { request } = require("node:http");
const [port, path, headers] = JSON.parse(process.argv[1]);
request({ host: "127.0.0.1", port, path, headers }, async (res) => {
  let text = "";
  for await (const chunk of res.setEncoding("utf8")) text += chunk;
  console.log(JSON.stringify({ status: res.statusCode, headers: res.headers, text }));
}).end();`;

/** The router's image, running as in a restricted pod. */
export class RouterContainer implements AsyncDisposable {
  readonly id: string;

  private constructor(id: string) {
    this.id = id;
  }

  static async start(env: Readonly<Record<string, string>>): Promise<RouterContainer> {
    const name = `ocr-smoke-${randomBytes(4).toString("hex")}`;
    return new RouterContainer(
      await engineSays("run", "--detach", `--name=${name}`, ...CONFINEMENT, ...variables(env), image),
    );
  }

  /** One request from within the container's own network. */
  async ask(port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const request = JSON.stringify([port, path, headers]);
    return JSON.parse(await engineSays("exec", this.id, "node", "-e", ASK, request)) as Answer;
  }

  /** Waits until the image's own health check is content. */
  async healthy(): Promise<void> {
    const check = await healthCheck();
    await eventually(() => engineSays("exec", this.id, ...check));
  }

  /** Ends it by SIGTERM. @returns its exit code; 137 when it had to be killed */
  async stop(): Promise<number> {
    await engineSays("stop", `--time=${STOP_S}`, this.id);
    return Number(await engineSays("inspect", "--format={{.State.ExitCode}}", this.id));
  }

  logs(): Promise<Outcome> {
    return runEngine(["logs", this.id]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runEngine(["rm", "--force", "--volumes", this.id]);
  }
}
