import { type LocalRepo, parseRepoUrl, type RemoteRepo } from "../../contracts/git-names.ts";
import type { Secret } from "../../lib/secret.ts";
import { explainFailure } from "./explain-failure.ts";
import { followRedirects } from "./follow-redirects.ts";
import { type Environment, gitEnvironment } from "./git-environment.ts";
import { invalid, refused, type RemoteHeads, type RemoteProblem, tooSlow } from "./remote-result.ts";
import { resolveHost, type Resolve, systemResolve } from "./resolve-host.ts";
import { runGit } from "./run-git.ts";
import { tokenAccess, type TokenAccess } from "./token-access.ts";

export interface RemoteChecker {
  /** The branches that the repository has now. The token is sent to `tokenOrigin` only. */
  heads(repoUrl: string, token?: Secret | undefined): Promise<RemoteHeads>;
}

export interface RemoteCheckerOptions {
  readonly allowedHosts: readonly string[];
  /** Local mode: local repositories, and the person's own git and ssh configuration. */
  readonly allowLocal: boolean;
  /** The router's environment: `PATH`, certificates, and in local mode the person's. */
  readonly env: Environment;
  /** Scheme, host and port that the person's token belongs to. */
  readonly tokenOrigin?: string;
  readonly resolve?: Resolve;
  readonly timeoutMs?: number;
}

type Located =
  | { readonly ok: true; readonly repo: RemoteRepo | LocalRepo; readonly addresses: readonly string[] }
  | RemoteProblem;

/** What one check carries along. */
interface Check {
  readonly options: Required<RemoteCheckerOptions>;
  readonly access: TokenAccess;
  readonly signal: AbortSignal;
}

export function createRemoteChecker(given: RemoteCheckerOptions): RemoteChecker {
  const options = { tokenOrigin: "https://github.com", resolve: systemResolve, timeoutMs: 10_000, ...given };
  return { heads: (repoUrl, token) => heads(repoUrl, token, options) };
}

async function heads(
  repoUrl: string,
  token: Secret | undefined,
  options: Required<RemoteCheckerOptions>,
): Promise<RemoteHeads> {
  const parsed = parseRepoUrl(repoUrl, options);
  if (!parsed.ok) return invalid(parsed.message);
  const place = placeOf(parsed);
  const signal = AbortSignal.timeout(options.timeoutMs);
  const check = { options, access: tokenAccess(token, options.tokenOrigin), signal };
  const located = await Promise.race([locate(parsed, check), aborted(signal)]);
  if (located === "aborted" || signal.aborted) return tooSlow(place, options.timeoutMs);
  return located.ok ? listHeads(located, check) : located;
}

async function locate(repo: RemoteRepo | LocalRepo, { options, access, signal }: Check): Promise<Located> {
  if (repo.kind === "local") return { ok: true, repo, addresses: [] };
  if (repo.kind !== "ssh") return followRedirects(repo, { ...options, personal: options.allowLocal, access, signal });
  const host = await resolveHost(repo, options);
  return host.ok ? { ok: true, repo, addresses: host.addresses } : host;
}

async function listHeads(located: Located & { ok: true }, { options, access, signal }: Check): Promise<RemoteHeads> {
  const { repo, addresses } = located;
  const token = access.tokenFor(repo);
  const given = { base: options.env, personal: options.allowLocal, addresses, ...(token ? { token } : {}) };
  const env = gitEnvironment(repo, given);
  const outcome = await runGit({ args: ["ls-remote", "--heads", "--", repo.url], env, signal });
  const place = placeOf(repo);
  if (outcome.end === "aborted") return tooSlow(place, options.timeoutMs);
  if (outcome.end === "too-much") return refused("The repository has too many branches.");
  return outcome.code === 0
    ? { ok: true, branches: parseHeads(outcome.stdout) }
    : explainFailure(outcome.stderr, place, access.demanded(repo));
}

/** `<object>\trefs/heads/<branch>` a line. */
const parseHeads = (stdout: string): string[] =>
  stdout.split("\n").flatMap((line) => /^[0-9a-f]+\trefs\/heads\/(.+)$/.exec(line)?.[1] ?? []);

const placeOf = (repo: RemoteRepo | LocalRepo): string => (repo.kind === "local" ? "this machine" : repo.host);

const aborted = (signal: AbortSignal): Promise<"aborted"> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve("aborted"), { once: true }));
