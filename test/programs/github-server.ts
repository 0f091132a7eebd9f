/**
 * A GitHub Enterprise Server on loopback: the part of the REST API (below `/api/v3`) that tells repositories and branches, and
 * the repositories themselves over git's smart HTTP protocol. Argument: one JSON object, `GitHubServerOptions`. Announces its
 * port. `GET /__requests` tells what was asked so far. A token that is nobody's says what goes wrong: `MISHAPS`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setInterval as every } from "node:timers";
import { endWithParent } from "../harness/program.ts";
import { runGitBackend } from "./git-backend.ts";
import { ACCOUNTS, SHOP, type Repository } from "./github-accounts.ts";

export interface GitHubServerOptions {
  /** Folder of the bare repositories, as `<owner>/<name>.git`. */
  readonly gitRoot?: string;
  /** Origin that `gho_led_away` and `gho_sent_away` lead to. */
  readonly elsewhere?: string;
}

/** What is kept of a request, for tests to look at. */
export interface SeenGitHubRequest {
  readonly url: string;
  readonly authorization: string | null;
}

type Answer = (res: ServerResponse, at: { readonly origin: string; readonly elsewhere: string }) => void;

const API = "/api/v3";
const RESET_SECONDS = 120;
const seen: SeenGitHubRequest[] = [];

const sendJson = (res: ServerResponse, status: number, body: unknown): void => {
  res.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
};

const limited =
  (status: number, headers: () => Record<string, string>): Answer =>
  (res) => {
    res.writeHead(status, headers()).end(JSON.stringify({ message: "API rate limit exceeded for user ID 1." }));
  };

const nextIs =
  (link: (at: { origin: string; elsewhere: string }) => string): Answer =>
  (res, at) => {
    res.setHeader("link", `<${link(at)}>; rel="next"`);
    sendJson(res, 200, [toJson(SHOP, at.origin)]);
  };

const MISHAPS: Readonly<Record<string, Answer>> = {
  gho_rate_limited: limited(403, () => ({
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + RESET_SECONDS),
  })),
  gho_too_fast: limited(429, () => ({ "retry-after": "7" })),
  gho_forbidden: (res) => sendJson(res, 403, { message: "Resource protected by organization SAML enforcement." }),
  gho_down: (res) => void res.writeHead(503, { "content-type": "text/html" }).end("<h1>Unicorn</h1>"),
  gho_silent: () => undefined,
  gho_drips: (res) => {
    res.writeHead(200);
    const timer = every(() => res.write(" "), 50);
    res.once("close", () => clearInterval(timer));
  },
  gho_resets: (res) => void res.destroy(),
  gho_html: (res) => void res.writeHead(200, { "content-type": "text/html" }).end("<h1>Hello</h1>"),
  gho_other_shape: (res) => sendJson(res, 200, [{ full_name: 7 }]),
  gho_endless_body: (res) => {
    const chunk = `"${"x".repeat(64 * 1024)}",`;
    const more = () => {
      while (!res.destroyed && res.write(chunk));
    };
    res.writeHead(200).write("[");
    res.on("drain", more);
    more();
  },
  gho_endless_pages: nextIs(({ origin }) => `${origin}${API}/user/repos?page=2`),
  gho_led_away: nextIs(({ elsewhere }) => `${elsewhere}${API}/user/repos?page=2`),
  gho_led_out: nextIs(({ origin }) => `${origin}${API}/../../__private`),
  gho_sent_away: (res, { elsewhere }) => void res.writeHead(302, { location: `${elsewhere}${API}/user/repos` }).end(),
};

const toJson = ({ fullName, branches, ...known }: Repository, origin: string) => ({
  full_name: fullName,
  clone_url: `${origin}/${fullName}.git`,
  default_branch: branches[0] ?? "main",
  description: known.description,
  private: known.private,
  pushed_at: known.pushedAt,
  owner: { login: fullName.split("/")[0] },
});

function answerApi(url: URL, token: string, res: ServerResponse): void {
  const own = ACCOUNTS.get(token);
  const mishap = MISHAPS[token];
  if (mishap) return mishap(res, { origin: url.origin, elsewhere: options.elsewhere ?? "" });
  if (!own) return sendJson(res, 401, { message: "Bad credentials" });
  const path = url.pathname.slice(API.length);
  if (path === "/user/repos")
    return sendPage(
      res,
      url,
      latestFirst(own).map((one) => toJson(one, url.origin)),
    );
  if (path.startsWith("/repos/acme/store"))
    return void res.writeHead(301, { location: url.href.replace("/repos/acme/store", "/repositories/7") }).end();
  const [, name, rest] = /^\/(?:repos\/([^/]+\/[^/]+)|repositories\/7)(\/branches)?$/.exec(path) ?? [undefined, "", ""];
  const repository = own.find(({ fullName }) => fullName.toLowerCase() === (name ?? SHOP.fullName).toLowerCase());
  if (!repository) return sendJson(res, 404, { message: "Not Found" });
  if (!rest) return sendJson(res, 200, toJson(repository, url.origin));
  const commit = { sha: "0".repeat(40) };
  return sendPage(
    res,
    url,
    repository.branches.map((branch) => ({ name: branch, commit, protected: false })),
  );
}

const latestFirst = (repositories: readonly Repository[]): Repository[] =>
  repositories.toSorted((a, b) => (b.pushedAt ?? "").localeCompare(a.pushedAt ?? ""));

/** As GitHub pages its lists: 30 a page unless told, 100 at most, and a `Link` header to the others. */
function sendPage(res: ServerResponse, url: URL, entries: readonly unknown[]): void {
  const perPage = Math.min(Number(url.searchParams.get("per_page") ?? 30), 100);
  const page = Number(url.searchParams.get("page") ?? 1);
  const last = Math.max(1, Math.ceil(entries.length / perPage));
  const link = (to: number, rel: string) => {
    const target = new URL(url);
    target.searchParams.set("page", String(to));
    return `<${target.href}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, "prev")] : []),
    ...(page < last ? [link(page + 1, "next"), link(last, "last")] : []),
  ];
  if (links.length > 0) res.setHeader("link", links.join(", "));
  sendJson(res, 200, entries.slice((page - 1) * perPage, page * perPage));
}

/** Private repositories: only for a token that may see them. */
async function answerGit(url: URL, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [, user, token = ""] = /^(x-access-token):(.*)$/.exec(basic(req.headers.authorization)) ?? [];
  const name = /^\/([^/]+\/[^/]+)\.git\//.exec(url.pathname)?.[1];
  const sees = ACCOUNTS.get(token)?.some(({ fullName }) => fullName === name);
  if (!user || !ACCOUNTS.has(token))
    return void res.writeHead(401, { "www-authenticate": 'Basic realm="GitHub"' }).end();
  if (!sees || options.gitRoot === undefined) return void res.writeHead(404).end();
  await runGitBackend(options.gitRoot, req, res);
}

const basic = (authorization = ""): string =>
  authorization.startsWith("Basic ") ? Buffer.from(authorization.slice(6), "base64").toString() : "";

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.url === "/__requests") return sendJson(res, 200, seen);
  seen.push({ url: req.url ?? "", authorization: req.headers.authorization ?? null });
  const url = new URL(`http://${req.headers.host}${req.url}`);
  const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? "")?.[1] ?? "";
  if (url.pathname.startsWith(`${API}/`)) return answerApi(url, token, res);
  if (url.pathname.includes(".git/")) return answerGit(url, req, res);
  return sendJson(res, 200, { private: "This is not a part of the API." });
}

const options = JSON.parse(process.argv[2] ?? "{}") as GitHubServerOptions;
const server = createServer((req, res) => {
  answer(req, res).catch(() => res.destroy());
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
endWithParent();
