import type { LocalRepo, RemoteRepo } from "../../contracts/git-names.ts";
import type { Secret } from "../../lib/secret.ts";
import { needsCredentials, refused, type RemoteProblem } from "./remote-result.ts";

/** What one person's token has to do with the repositories of one check. */
export interface TokenAccess {
  /** The token, for a repository at the place that it belongs to. */
  tokenFor(repo: RemoteRepo | LocalRepo): Secret | undefined;
  /** What to tell when a repository demands credentials, or other ones. */
  demanded(repo: RemoteRepo | LocalRepo): RemoteProblem;
}

/** `origin`: scheme, host and port that the token belongs to, such as `https://github.com`; it is sent nowhere else. */
export function tokenAccess(token: Secret | undefined, origin: string): TokenAccess {
  const tokenFor = (repo: RemoteRepo | LocalRepo) => (isAt(repo, origin) ? token : undefined);
  return {
    tokenFor,
    demanded: (repo) => {
      if (repo.kind === "local" || !isAt(repo, origin))
        return needsCredentials(repo.kind === "local" ? "this machine" : repo.host);
      return tokenFor(repo) ? tokenRefused(repo.host) : needsToken(repo.host);
    },
  };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "https:": 443, "http:": 80 };

function isAt(repo: RemoteRepo | LocalRepo, origin: string): boolean {
  if (repo.kind === "local") return false;
  const { protocol, hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return `${repo.kind}:` === protocol && repo.host === host && repo.port === Number(port || DEFAULT_PORTS[protocol]);
}

const needsToken = (place: string): RemoteProblem =>
  refused(
    `${place} asks for credentials: the repository is private, or it does not exist. Sign in with GitHub, or set your secret GITHUB_TOKEN.`,
  );

const tokenRefused = (place: string): RemoteProblem =>
  refused(`${place} does not accept your token any more. Sign in again, or replace your secret GITHUB_TOKEN.`);
