import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { eventually } from "./http.ts";

const run = promisify(execFile);

/** A real terminal of 160 × 50 that runs one command. */
export class Terminal implements AsyncDisposable {
  readonly #socket = `ocr-test-${randomBytes(4).toString("hex")}`;

  static async open(command: string, env: Readonly<Record<string, string>>): Promise<Terminal> {
    const terminal = new Terminal();
    const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    await terminal.#tmux("-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "50", ...variables, command);
    await terminal.#tmux("set-option", "-g", "remain-on-exit", "on");
    return terminal;
  }

  async screen(): Promise<string> {
    return (await this.#tmux("capture-pane", "-p")).stdout;
  }

  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", text);
  }

  async press(key: string): Promise<void> {
    await this.#tmux("send-keys", key);
  }

  shows(text: string): Promise<string> {
    return eventually(
      () => this.screen(),
      (screen) => screen.includes(text),
    );
  }

  #tmux(...args: string[]) {
    return run("tmux", ["-L", this.#socket, ...args]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server").catch(() => {}); // its last window may be closed already
  }
}
