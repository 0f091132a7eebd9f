import { chown, lchown, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { SessionReport } from "../../src/contracts/status.ts";
import { Secret } from "../../src/lib/secret.ts";
import { askDoor, callOpencode, type Door } from "../harness/door.ts";
import { eventually } from "../harness/eventually.ts";
import { bundleProgram } from "./bundle-program.ts";
import { engineSays, RESTRICTIONS, runEngine, spawnEngine, type Outcome } from "./engine.ts";
import { HOME, image, INIT_DIR } from "./image.ts";

const UID = 1000;
const HEALTHY_MS = 60_000;

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Environment and mounts beside those that every container of the session has, as the engine's own options. */
  readonly options?: readonly string[];
}

/**
 * A session in containers of the image, as in a pod: init steps and the session itself run one after the other on one
 * volume. Folders of this machine stand for the volume and for the pod network: the door is a socket in `run`.
 */
export class ContainerSession implements AsyncDisposable, Door {
  readonly root: string;
  readonly hash = randomBytes(6).toString("hex");
  readonly key = new Secret(randomBytes(32).toString("base64url"));
  /** No network but loopback; or that of another container, as in a pod. */
  network = "none";
  #container: string | undefined;

  static async create(): Promise<ContainerSession> {
    const session = new ContainerSession(await mkdtemp(join(tmpdir(), "ocr-smoke-")));
    for (const folder of ["home", "run", "programs", "config", "remotes"]) await mkdir(session.path(folder));
    await writeFile(session.path("run/key"), session.key.reveal());
    await session.giveToSession();
    return session;
  }

  private constructor(root: string) {
    this.root = root;
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  get socket(): string {
    return this.path("run/door");
  }

  /** Makes what the test has put into the session's folders the session user's own. */
  async giveToSession(): Promise<void> {
    for (const folder of ["home", "run", "remotes"]) await giveTree(this.path(folder));
  }

  /** Runs an init step of the image to its end. */
  runStep(step: "config" | "workspace", { env = {}, options = [] }: RunOptions = {}): Promise<Outcome> {
    return this.run([], { env, options: [`--entrypoint=${INIT_DIR}/${step}.sh`, ...options] });
  }

  /** Runs a command in a container of its own. */
  run(command: readonly string[], { env = {}, options = [] }: RunOptions = {}): Promise<Outcome> {
    return runEngine([
      "run",
      "--rm",
      ...RESTRICTIONS,
      ...this.#place(),
      ...options,
      ...variables(env),
      image,
      ...command,
    ]);
  }

  /** Starts the session as its pod does: with what the image itself says is to be run. */
  async start({ env = {}, options = [] }: RunOptions = {}): Promise<void> {
    await rm(this.socket, { force: true });
    const own = {
      SESSION_HASH: this.hash,
      OPENCODE_ROUTER_SESSION: this.hash,
      SESSION_KEY_FILE: "/run/session/key",
      SESSIOND_SOCKET: "/run/session/door",
      // Instead of the port on the pod network that the image would have.
      SESSIOND_PORT: "",
      ...env,
    };
    const args = [...RESTRICTIONS, ...this.#place(), ...options, ...variables(own), image];
    this.#container = await engineSays("run", "--detach", ...args);
  }

  /** Runs both init steps and starts the session. @throws when a step fails */
  async boot(workspaceEnv: Readonly<Record<string, string>> = {}): Promise<void> {
    for (const step of ["config", "workspace"] as const) {
      const env = step === "workspace" ? workspaceEnv : this.configLayers;
      const { code, stderr } = await this.runStep(step, { env });
      if (code !== 0) throw new Error(`${step}.sh ended with ${code}: ${stderr}`);
    }
    await this.start();
    await this.untilReady();
  }

  /** Where a pod has its ConfigMap and the operator's overrides: the test may write them to `config`. */
  readonly configLayers = { MODELS_CONFIG: "/config/models.json", OVERRIDES_CONFIG: "/config/overrides.json" };

  async report(): Promise<SessionReport> {
    const { status, text } = await askDoor(this.socket, "/report", this.key.reveal());
    if (status !== 200) throw new Error(`sessiond answered ${status}`);
    return SessionReport.parse(JSON.parse(text));
  }

  untilReady(): Promise<SessionReport> {
    return eventually(async () => {
      const report = await this.report().catch(async (cause: unknown) => {
        throw new Error(`the session does not answer: ${await this.log()}`, { cause });
      });
      if (!report.status.opencode.healthy || report.status.readyAt === null)
        throw new Error(`not ready: ${JSON.stringify(report.status)}\n${await this.log()}`);
      return report;
    }, HEALTHY_MS);
  }

  /** Runs the image's own health check in the running container, as an engine would. */
  async checkHealth(): Promise<Outcome> {
    const [kind, ...command] = JSON.parse(
      await engineSays("image", "inspect", "--format={{json .Config.Healthcheck.Test}}", image),
    ) as string[];
    if (kind !== "CMD") throw new Error("the image has no health check, or one that needs a shell");
    return this.exec(...command);
  }

  opencode(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
    return callOpencode(this, method, path, body);
  }

  /** Runs a command in the running container. */
  exec(...command: string[]): Promise<Outcome> {
    return runEngine(["exec", this.container, ...command]);
  }

  /** The same for a command that goes on, until the session ends. */
  execDetached(...command: string[]): Promise<string> {
    return engineSays("exec", "--detach", this.container, ...command);
  }

  /** Starts a program of `test/programs` in the container, with the node of the image; it ends with its standard input. */
  async startProgram(name: string, ...args: string[]): Promise<ChildProcessWithoutNullStreams> {
    await writeFile(this.path("programs", `${name}.mjs`), await bundleProgram(name));
    return spawnEngine(["exec", "--interactive", this.container, "node", `/programs/${name}.mjs`, ...args]);
  }

  /** Starts such a program in a container of its own, beside which the session's are from then on, as in one pod. */
  async startNeighbour(name: string, ...args: string[]): Promise<ChildProcessWithoutNullStreams> {
    await writeFile(this.path("programs", `${name}.mjs`), await bundleProgram(name));
    const container = `ocr-smoke-${this.hash}`;
    const options = ["--rm", "--interactive", `--name=${container}`, "--entrypoint=node"];
    const place = this.#place();
    this.network = `container:${container}`;
    return spawnEngine(["run", ...options, ...RESTRICTIONS, ...place, image, `/programs/${name}.mjs`, ...args]);
  }

  get container(): string {
    if (this.#container === undefined) throw new Error("the session was not started");
    return this.#container;
  }

  async log(): Promise<string> {
    const { stdout, stderr } = await runEngine(["logs", this.container]);
    return `${stdout}${stderr}`;
  }

  /** Ends the session as a node does: SIGTERM, and SIGKILL when that does not help. @returns its exit code */
  async stop(graceSeconds = 30): Promise<number> {
    await engineSays("stop", `--time=${graceSeconds}`, this.container);
    const code = Number(await engineSays("inspect", "--format={{.State.ExitCode}}", this.container));
    await this.remove();
    return code;
  }

  /** Ends the session as a crash of its machine does. */
  async remove(): Promise<void> {
    if (this.#container === undefined) return;
    await runEngine(["kill", this.#container]);
    await runEngine(["rm", "--force", this.#container]);
    this.#container = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
    if (this.network !== "none") await runEngine(["rm", "--force", `ocr-smoke-${this.hash}`]);
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  #place(): string[] {
    return [
      `--network=${this.network}`,
      `--volume=${this.path("home")}:${HOME}`,
      `--volume=${this.path("run")}:/run/session`,
      `--volume=${this.path("programs")}:/programs:ro`,
      `--volume=${this.path("config")}:/config:ro`,
      `--volume=${this.path("remotes")}:/remotes:ro`,
    ];
  }
}

const variables = (env: Readonly<Record<string, string>>): string[] =>
  Object.entries(env).map(([name, value]) => `--env=${name}=${value}`);

async function giveTree(folder: string): Promise<void> {
  await chown(folder, UID, UID);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    await lchown(join(entry.parentPath, entry.name), UID, UID);
}
