import type { GitHubServerOptions, SeenGitHubRequest } from "../programs/github-server.ts";
import { startProgram } from "./program.ts";

export interface GitHubServer extends AsyncDisposable {
  /** Of the web site, where repositories are cloned from. */
  readonly origin: string;
  /** Root of the REST API. */
  readonly api: string;
  /** What was asked so far, oldest first. */
  requests(): Promise<SeenGitHubRequest[]>;
}

/** A GitHub on 127.0.0.1; `test/programs/github-accounts.ts` says who has which repositories. */
export async function startGitHubServer(options: GitHubServerOptions = {}): Promise<GitHubServer> {
  const program = await startProgram("github-server", [JSON.stringify(options)]);
  const origin = `http://127.0.0.1:${program.announced}`;
  return {
    origin,
    api: `${origin}/api/v3`,
    requests: async () => (await (await fetch(`${origin}/__requests`)).json()) as SeenGitHubRequest[],
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
