import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { once } from "node:events";
import { isIP, type LookupFunction } from "node:net";
import { parseRepoUrl, type RemoteRepo } from "../../contracts/git-names.ts";
import { basicCredentials } from "./git-environment.ts";
import { noRepository, refused, type RemoteProblem, unreachable } from "./remote-result.ts";
import { type HostRules, resolveHost } from "./resolve-host.ts";
import type { TokenAccess } from "./token-access.ts";

const ADVERTISEMENT = "/info/refs?service=git-upload-pack";
/** Any page may answer 200, and git would take an HTML page for an empty repository of the old, "dumb" protocol. */
const ADVERTISEMENT_TYPE = "application/x-git-upload-pack-advertisement";
const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface WebRules extends HostRules {
  readonly access: TokenAccess;
  /** Whether git may know credentials that we do not: then a demand for them is not the end. */
  readonly personal: boolean;
  readonly signal: AbortSignal;
}

export interface Found {
  readonly ok: true;
  readonly repo: RemoteRepo;
  readonly addresses: readonly string[];
}

interface Answer {
  readonly status: number;
  readonly location: string;
  readonly type: string;
}

/** Finds where a repository really is. Each host on the way is checked before anything is sent to it. */
export async function followRedirects(start: RemoteRepo, rules: WebRules): Promise<Found | RemoteProblem> {
  let repo = start;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const host = await resolveHost(repo, rules);
    if (!host.ok) return host;
    const answer = await ask(repo, host.addresses, rules).catch(() => undefined);
    if (!answer) return unreachable(`${repo.host} cannot be reached. Check the URL, or try again later.`);
    if (!REDIRECTS.has(answer.status)) return verdict(answer, { ok: true, repo, addresses: host.addresses }, rules);
    const next = redirected(repo, answer.location, rules);
    if (!next.ok) return next;
    repo = next.repo;
  }
  return refused(`${start.host} redirects too often.`);
}

function redirected(
  repo: RemoteRepo,
  location: string,
  { allowedHosts }: WebRules,
): { ok: true; repo: RemoteRepo } | RemoteProblem {
  const target = URL.canParse(location, repo.url) ? new URL(location, repo.url).href : "";
  // As git does: only the part before the question may change.
  const parsed = parseRepoUrl(target.endsWith(ADVERTISEMENT) ? target.slice(0, -ADVERTISEMENT.length) : "", {
    allowLocal: false,
    allowedHosts,
  });
  if (parsed.ok && (parsed.kind === "http" || parsed.kind === "https")) return { ok: true, repo: parsed };
  return refused(`${repo.host} redirects to a place that is not taken. Give the URL of the repository itself.`);
}

function verdict({ status, type }: Answer, found: Found, { personal, access }: WebRules): Found | RemoteProblem {
  const { host } = found.repo;
  if (status === 200) return type === ADVERTISEMENT_TYPE ? found : noRepository(host);
  if (status === 401) return personal && !access.tokenFor(found.repo) ? found : access.demanded(found.repo);
  if (status >= 500) return unreachable(`${host} has a problem of its own (${status}). Try again later.`);
  return status === 403 || status === 404 || status === 410
    ? noRepository(host)
    : refused(`${host} refused the request (${status}).`);
}

async function ask(repo: RemoteRepo, addresses: readonly string[], { access, signal }: WebRules): Promise<Answer> {
  const token = access.tokenFor(repo);
  const options = {
    agent: false,
    signal,
    lookup: pinned(addresses),
    // Some hosts answer only to what looks like git.
    headers: { "user-agent": "git/2.39", accept: "*/*", ...(token ? { authorization: basicCredentials(token) } : {}) },
  } as const;
  const url = `${repo.url.replace(/\/$/, "")}${ADVERTISEMENT}`;
  const request: ClientRequest = repo.kind === "https" ? requestHttps(url, options) : requestHttp(url, options);
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  request.on("error", () => {
    // We close the connection without reading the answer to its end.
  });
  response.destroy();
  const { location = "", "content-type": type = "" } = response.headers;
  return { status: response.statusCode ?? 0, location, type };
}

/** Answers the look-up of a connection with the addresses that were checked. */
function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    if (options.all) callback(null, all);
    else callback(null, all[0]?.address ?? "", all[0]?.family ?? 4);
  };
}
