import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Sees to it that processes end and folders go when the test is over, however it ends. It is a process of its own, in a
 * session of its own, so that neither a kill of the test nor a Ctrl-C keeps it from that.
 */
export class Keeper implements AsyncDisposable {
  readonly #sh: ChildProcess & { stdin: NodeJS.WritableStream };

  constructor() {
    const script = fileURLToPath(new URL("keeper.sh", import.meta.url));
    this.#sh = spawn("/bin/sh", [script], { stdio: ["pipe", "ignore", "inherit"], detached: true });
    // What it cannot be told any more, it need not know.
    this.#sh.stdin.on("error", () => {});
  }

  /** A process that has to end with the test. @returns what to call once it has ended */
  mind(pid: number): () => void {
    this.#sh.stdin.write(`+ ${pid}\n`);
    return () => this.#sh.stdin.write(`- ${pid}\n`);
  }

  /** A new folder that goes with the test. */
  async folder(prefix: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), prefix));
    this.#sh.stdin.write(`folder ${folder}\n`);
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#sh.exitCode !== null || this.#sh.signalCode !== null) return;
    const gone = once(this.#sh, "exit");
    this.#sh.stdin.end();
    await gone;
  }
}
