import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { clusterTool } from "../../cluster/harness/cluster-tools.ts";
import { PROJECT } from "../../../src/deploy/settings/keys.ts";
import { collectPlugins } from "./plugins.ts";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
const STACK = "test";
const DEPLOYS = new Set(["preview", "up", "destroy", "refresh"]);
const RUN_MS = 120_000;

/** One step of the engine: what it does, or would do, with a resource of the stack. */
export interface Step {
  /** `create`, `update`, `replace`, `delete`, `same` and so on. */
  readonly op: string;
  /** `kubernetes:core/v1:Secret` */
  readonly type: string;
  /** In the program. */
  readonly name: string;
}

export interface CliRun {
  readonly code: number | null;
  /** All that a person would have seen. */
  readonly output: string;
  /** Without those that leave a resource as it is. */
  readonly steps: readonly Step[];
  readonly warnings: readonly string[];
}

interface EngineEvent {
  readonly diagnosticEvent?: { readonly severity: string; readonly message: string };
  readonly resourcePreEvent?: {
    readonly metadata: { readonly op: string; readonly type: string; readonly urn: string };
  };
}

/**
 * A stack of the project, in a folder of its own and with its state in files. The project is the repository's: only where a stack
 * has its configuration and its state is another place.
 */
export class TestStack implements AsyncDisposable {
  readonly #folder: string;
  get folder() {
    return this.#folder;
  }
  readonly #env: NodeJS.ProcessEnv;
  #said = "";

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
  }

  /** @param program what runs instead of the repository's index.ts */
  static async create(kubeconfig: string, program = join(REPOSITORY, "index.ts")): Promise<TestStack> {
    const folder = mkdtempSync(join(tmpdir(), "stack-"));
    const plugins = join(folder, "plugins");
    await collectPlugins(plugins);
    const project = join(folder, "project");
    for (const made of [project, join(folder, "state"), join(folder, "home")]) mkdirSync(made);
    cpSync(join(REPOSITORY, "Pulumi.yaml"), join(project, "Pulumi.yaml"));
    for (const name of ["package.json", "tsconfig.json", "node_modules", "src"])
      symlinkSync(join(REPOSITORY, name), join(project, name));
    symlinkSync(program, join(project, "index.ts"));
    const stack = new TestStack(folder, {
      PATH: [plugins, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter),
      HOME: join(folder, "home"),
      PULUMI_HOME: join(folder, "home"),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "of a test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // For --event-log.
      PULUMI_DEBUG_COMMANDS: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      KUBECONFIG: kubeconfig,
    });
    await stack.mustRun("stack", "init", STACK);
    return stack;
  }

  /** The same stack, for somebody who has these variables besides. */
  withEnvironment(more: Readonly<Record<string, string>>): TestStack {
    return new TestStack(this.#folder, { ...this.#env, ...more });
  }

  /** `pulumi <args>`. */
  async run(...args: readonly string[]): Promise<CliRun> {
    const log = join(this.#folder, "events.json");
    rmSync(log, { force: true });
    const all = [
      ...args,
      "--non-interactive",
      "--color=never",
      ...(args.includes("--cwd") ? [] : ["--cwd", join(this.#folder, "project")]),
    ];
    const child = spawn(clusterTool("pulumi"), DEPLOYS.has(args[0] ?? "") ? [...all, "--event-log", log] : all, {
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: RUN_MS,
    });
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    const output = `${stdout}${stderr}`;
    this.#said += output;
    return { code: code as number | null, output, steps: stepsOf(log), warnings: warningsOf(log) };
  }

  /** @throws with the output, unless the command succeeds */
  async mustRun(...args: readonly string[]): Promise<CliRun> {
    const done = await this.run(...args);
    if (done.code !== 0) throw new Error(`pulumi ${args.join(" ")}: ${done.output}`);
    return done;
  }

  async configure(
    values: Readonly<Record<string, string>>,
    secrets: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const set = ["config", "set-all", "--stack", STACK];
    const plain = Object.entries(values).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
    const secret = Object.entries(secrets).flatMap(([key, value]) => ["--secret", `${key}=${value}`]);
    await this.mustRun(...set, ...plain, ...secret);
  }

  /** Values that are no texts: no command can set one under a key with a dot, so that people write them into the file, too. */
  configureObjects(values: Readonly<Record<string, object>>): void {
    const file = join(this.#folder, "project", `Pulumi.${STACK}.yaml`);
    const document = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
    for (const [key, value] of Object.entries(values)) document.config[`${PROJECT}:${key}`] = value;
    writeFileSync(file, stringify(document));
  }

  /** What all runs together have shown. */
  get said(): string {
    return this.#said;
  }

  /** All that is kept of the stack: its state, with every copy of it, and its configuration. */
  kept(): string {
    return ["state", "project"].map((name) => contents(join(this.#folder, name))).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const contents = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.isSymbolicLink())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");

/** Besides those that tell that a stand-in is used. */
const warningsOf = (log: string): string[] => [
  ...new Set(
    eventsOf(log)
      .flatMap(({ diagnosticEvent }) =>
        diagnosticEvent?.severity === "warning" ? [diagnosticEvent.message.trim()] : [],
      )
      .filter((message) => !/using pulumi-.* from \$PATH/.test(message)),
  ),
];

function stepsOf(log: string): Step[] {
  return eventsOf(log)
    .flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? [])
    .filter(({ op }) => op !== "same")
    .map(({ op, type, urn }) => ({ op, type, name: urn.split("::").at(-1) ?? "" }));
}

function eventsOf(log: string): EngineEvent[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as EngineEvent);
}
