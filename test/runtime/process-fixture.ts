import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { type ProcessInfo, descendants, hasEnvironment, listProcesses, processInfo } from "../../src/lib/processes.ts";
import type { ProcessRuntimeOptions } from "../../src/runtimes/process/options.ts";
import { createProcessRuntime } from "../../src/runtimes/process/process-runtime.ts";
import { sessionFolder } from "../../src/runtimes/process/session-folder.ts";
import { eventually, type RuntimeFixture } from "../../src/runtimes/contract-steps.ts";
import type { Runtime, SessionSpec } from "../../src/runtimes/runtime.ts";
import { sampleSpec } from "../harness/sample-spec.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));

export interface ProcessFixture extends RuntimeFixture {
  readonly options: ProcessRuntimeOptions;
  readonly folder: (hash: SessionHash) => ReturnType<typeof sessionFolder>;
}

/** The process runtime in a folder of its own, with sessiond as it is built and the real opencode. */
export async function processFixture(change: Partial<ProcessRuntimeOptions> = {}): Promise<ProcessFixture> {
  const dataDir = await mkdtemp(join(tmpdir(), "ocr-run-"));
  const sessiondMain = join(dataDir, "dist/sessiond/main.mjs");
  await build({
    entryPoints: [join(project, "src/sessiond/main.ts")],
    outfile: sessiondMain,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
  });
  const agent = join(dataDir, "agent");
  await writeFile(agent, `#!/bin/sh\nexec "${project}node_modules/opencode-linux-x64/bin/opencode" "$@"\n`, {
    mode: 0o755,
  });
  const options: ProcessRuntimeOptions = {
    dataDir,
    sessiondMain,
    opencodeBin: agent,
    initDir: join(project, "images/opencode/rootfs/init"),
    bakedConfig: join(project, "images/opencode/rootfs/defaults/opencode.json"),
    sessionEnv: {},
    routerUrlFile: join(dataDir, "router-url"),
    log: silentLog,
    ...change,
  };
  return new Fixture(options, agent);
}

class Fixture implements ProcessFixture {
  readonly options: ProcessRuntimeOptions;
  readonly #agent: string;
  readonly #hashes = new Set<SessionHash>();
  readonly #seen = new Map<SessionHash, Set<string>>();
  #frozen = new AbortController();
  readonly sessionsEndWithRuntime = true;
  runtime: Runtime;

  constructor(options: ProcessRuntimeOptions, agent: string) {
    this.options = options;
    this.#agent = agent;
    this.runtime = this.#make();
  }

  folder = (hash: SessionHash) => sessionFolder(this.options.dataDir, hash);

  spec(change: Partial<SessionSpec> = {}): SessionSpec {
    const hash = randomBytes(6).toString("hex") as SessionHash;
    this.#hashes.add(hash);
    return sampleSpec(hash, change);
  }

  /** The clock of a forgotten runtime stands still, so that it does nothing any more. */
  #make(): Runtime {
    const frozen = this.#frozen.signal;
    const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
      await systemClock.sleep(ms, signal);
      if (frozen.aborted) await new Promise(() => {});
    };
    return createProcessRuntime({ ...this.options, clock: { now: systemClock.now, sleep } });
  }

  replaceRuntime(): Promise<Runtime> {
    this.#frozen.abort();
    this.#frozen = new AbortController();
    this.runtime = this.#make();
    return Promise.resolve(this.runtime);
  }

  async breakAgent(): Promise<void> {
    await writeFile(this.#agent, "#!/bin/sh\necho 'Error: Cannot find module yargs' >&2\nexit 1\n");
    await chmod(this.#agent, 0o755);
  }

  async killSessiond(hash: SessionHash): Promise<void> {
    const { pid } = JSON.parse(await readFile(this.folder(hash).run, "utf8")) as { pid: number };
    process.kill(pid, "SIGKILL");
    // On a busy machine it may answer for a moment still.
    await eventually("sessiond is gone", () => (processInfo(pid)?.zombie === false ? undefined : true));
  }

  /** By the folder in the environment, by descent, and what was seen before: independent of how the runtime looks. */
  async processes(hash: SessionHash): Promise<string[]> {
    const all = listProcesses().filter(({ zombie }) => !zombie);
    const home = `HOME=${this.folder(hash).home}`;
    const seen = this.#seen.get(hash) ?? new Set();
    const marked = all.filter(({ pid }) => hasEnvironment(pid, home)).map(({ pid }) => pid);
    const below = new Set(marked.flatMap((pid) => [pid, ...descendants(pid, all)]));
    const found = all.filter((info) => below.has(info.pid) || seen.has(idOf(info)));
    this.#seen.set(hash, new Set([...seen, ...found.map(idOf)]));
    const commands = await Promise.all(found.map(async ({ pid }) => ({ pid, command: await commandOf(pid) })));
    // One without a command has no memory any more: the kernel is still at clearing up a large one after it was killed.
    const lines = commands.filter(({ command }) => command !== "").map(({ pid, command }) => `${pid} ${command}`);
    return lines.toSorted();
  }

  async remains(hash: SessionHash): Promise<string[]> {
    return await readdir(this.folder(hash).root).catch(() => []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.adopt([]);
    await this.runtime.close();
    for (const hash of this.#hashes) await this.runtime.remove(hash);
    await rm(this.options.dataDir, { recursive: true, force: true });
  }
}

const idOf = ({ pid, startTicks }: ProcessInfo): string => `${pid}:${startTicks}`;

const commandOf = async (pid: number): Promise<string> =>
  (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ").trim();
