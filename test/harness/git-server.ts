import { startProgram } from "./program.ts";
import type { GitServerOptions } from "../programs/git-http-server.ts";

export interface GitServer extends AsyncDisposable {
  readonly port: number;
  /** Address of the repository `<root>/<name>`. */
  url(name: string): string;
}

/** A git server on 127.0.0.1 for the bare repositories below `root`. */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const program = await startProgram("git-http-server", [JSON.stringify(options)]);
  const port = Number(program.announced);
  return {
    port,
    url: (name) => `http://127.0.0.1:${port}/${name}`,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
