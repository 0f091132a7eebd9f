import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { SessionReport } from "../../src/contracts/status.ts";
import { hasEnvironment, listProcesses } from "../../src/lib/processes.ts";
import { Secret } from "../../src/lib/secret.ts";
import { askDoor, callOpencode, connectThrough } from "./door.ts";
import { opencodeBinary } from "./opencode-binary.ts";
import { writeOpencodeHome } from "./opencode-home.ts";
import { eventually } from "./eventually.ts";

export interface SessionOptions {
  readonly modelUrl?: string;
  readonly initialMessage?: string;
  readonly routerUrl?: string;
}

/** The folder of one session, in which sessiond can be started, killed and started again. */
export class SessionFolder implements AsyncDisposable {
  readonly root: string;
  readonly hash = randomBytes(6).toString("hex");
  readonly key = new Secret(randomBytes(32).toString("base64url"));
  readonly #initialMessage: string | undefined;
  readonly #routerUrl: string | undefined;
  #child: ChildProcess | undefined;
  #errors = "";

  static async create(options: SessionOptions = {}): Promise<SessionFolder> {
    const folder = new SessionFolder(await mkdtemp(join(tmpdir(), "ocr-sessiond-")), options);
    await mkdir(folder.path("workspace"));
    await mkdir(folder.path("state"));
    await writeFile(folder.path("key"), folder.key.reveal(), { mode: 0o600 });
    await writeOpencodeHome(folder.path("home"), options.modelUrl ?? "http://127.0.0.1:9/v1");
    if (options.initialMessage !== undefined) await writeFile(folder.path("message"), options.initialMessage);
    if (options.routerUrl !== undefined) await writeFile(folder.path("router"), options.routerUrl);
    return folder;
  }

  private constructor(root: string, options: SessionOptions) {
    this.root = root;
    this.#initialMessage = options.initialMessage;
    this.#routerUrl = options.routerUrl;
  }

  path(name: string): string {
    return join(this.root, name);
  }

  get socket(): string {
    return this.path("sock");
  }

  /** What sessiond has written to standard error since its last start. */
  get errors(): string {
    return this.#errors;
  }

  async start(extra: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
    const main = this.path("sessiond.mjs");
    await writeFile(main, await sessiondBundle());
    const child = spawn(process.execPath, [main], {
      env: { ...this.#environment(), ...extra },
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    this.#child = child;
    this.#errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    return child;
  }

  /** Waits until the report satisfies a condition. */
  async until(condition: (report: SessionReport) => boolean): Promise<SessionReport> {
    return eventually(async () => {
      const report = await this.report();
      if (!condition(report)) throw new Error(`not yet: ${JSON.stringify(report).slice(0, 800)}\n${this.#errors}`);
      return report;
    });
  }

  async report(): Promise<SessionReport> {
    const { status, text } = await this.get("/report", this.key.reveal());
    if (status !== 200) throw new Error(`sessiond answered ${status}`);
    return SessionReport.parse(JSON.parse(text));
  }

  get(path: string, key: string | undefined): Promise<{ status: number; text: string }> {
    return askDoor(this.socket, path, key);
  }

  /** Asks for a tunnel; the socket is of use only when the status is 200. */
  connect(target: string, key: string | undefined = this.key.reveal()): Promise<{ status: number; socket: Socket }> {
    return connectThrough(this.socket, target, key);
  }

  /** Calls opencode through the door. */
  opencode(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
    return callOpencode(this, method, path, body);
  }

  /** Ends sessiond and everything of the session at once, as a runtime or a machine does that has no time. */
  async kill(): Promise<void> {
    const child = this.#child;
    const gone =
      child === undefined || child.exitCode !== null || child.signalCode !== null ? undefined : once(child, "exit");
    child?.kill("SIGKILL");
    await eventually(async () => {
      const left = this.processes();
      for (const pid of left) killOne(pid);
      if (left.length > 0) throw new Error("processes of the session are left");
    });
    await gone;
  }

  /** Asks sessiond to stop, and waits for it. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    const [code] = await gone;
    return code;
  }

  /** Numbers of all processes that run and belong to the session. */
  processes(): number[] {
    const mark = `OPENCODE_ROUTER_SESSION=${this.hash}`;
    return listProcesses().flatMap(({ pid, zombie }) => (!zombie && hasEnvironment(pid, mark) ? [pid] : []));
  }

  readMarker(): { state: string } | undefined {
    try {
      return JSON.parse(readFileSync(this.path("state/initial-message.json"), "utf8"));
    } catch {
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env["PATH"],
      HOME: this.path("home"),
      OPENCODE_ROUTER_SESSION: this.hash,
      SESSION_HASH: this.hash,
      SESSION_KEY_FILE: this.path("key"),
      SESSIOND_SOCKET: this.socket,
      WORKSPACE: this.path("workspace"),
      STATE_DIR: this.path("state"),
      OPENCODE_BIN: opencodeBinary(),
      ...(this.#initialMessage === undefined ? {} : { INITIAL_MESSAGE_FILE: this.path("message") }),
      ...(this.#routerUrl === undefined ? {} : { ROUTER_URL_FILE: this.path("router") }),
    };
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

let bundle: Promise<string> | undefined;

/** sessiond as it is shipped: one file. */
function sessiondBundle(): Promise<string> {
  bundle ??= bundleSessiond();
  return bundle;
}

async function bundleSessiond(): Promise<string> {
  const entry = fileURLToPath(new URL("../../src/sessiond/main.ts", import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
