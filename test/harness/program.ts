import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A program of `test/programs`, running. Its first line on standard output is what it announces. */
export interface Program extends AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  readonly announced: string;
}

const START_MS = 30_000;

/** Starts `test/programs/<name>.ts`, if wanted in a network namespace, and waits for its first line. */
export async function startProgram(name: string, args: readonly string[] = [], network?: string): Promise<Program> {
  const file = fileURLToPath(new URL(`../programs/${name}.ts`, import.meta.url));
  const within = network === undefined ? [] : ["ip", "netns", "exec", network];
  const [program = "", ...rest] = [...within, process.execPath, "--import", "tsx", file, ...args];
  const child = spawn(program, rest, { stdio: ["pipe", "pipe", "pipe"] });
  const complaints: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => complaints.push(text));
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  try {
    const announced = await firstLine(child);
    return { child, announced, [Symbol.asyncDispose]: stop };
  } catch (cause) {
    await stop();
    throw new Error(`test/programs/${name}.ts did not start: ${complaints.join("")}`, { cause });
  }
}

async function firstLine(child: ChildProcess & { stdout: NodeJS.ReadableStream }): Promise<string> {
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.any([AbortSignal.timeout(START_MS), exitOf(child)]);
  const [line] = (await once(lines, "line", { signal })) as [string];
  lines.close();
  child.stdout.resume();
  return line;
}

function exitOf(child: ChildProcess): AbortSignal {
  const controller = new AbortController();
  child.once("exit", (code, signal) => controller.abort(new Error(`it ended with ${code ?? signal}`)));
  return controller.signal;
}

/** A program ends with the test that started it, also when that was killed: its standard input closes. */
export const endWithParent = (): void => {
  process.stdin.resume().once("end", () => process.exit(0));
};
