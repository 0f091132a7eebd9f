/**
 * GitHub's sign-in on loopback: its page asks for a name, and whoever it is has the address `<name>@example.org` and the token
 * `gho_<name>`. Arguments: id and secret of the one OAuth App. Announces its port.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { endWithParent } from "../harness/program.ts";

const [, , clientId = "", clientSecret = ""] = process.argv;

const sendJson = (res: ServerResponse, status: number, body: unknown): void =>
  void res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

/** Asks for the name, and goes back to the app with what it may change for a token. */
async function signIn(url: URL, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.method !== "POST")
    return void res
      .writeHead(200, { "content-type": "text/html" })
      .end('<form method="post"><input name="name"></form>');
  const name = new URLSearchParams(await text(req)).get("name") ?? "";
  const back = new URL(url.searchParams.get("redirect_uri") ?? "");
  back.searchParams.set("code", `code-of-${name}`);
  back.searchParams.set("state", url.searchParams.get("state") ?? "");
  res.writeHead(302, { location: back.href }).end();
}

async function giveToken(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const given = new URLSearchParams(await text(req));
  if (given.get("client_id") !== clientId || given.get("client_secret") !== clientSecret)
    return sendJson(res, 200, { error: "incorrect_client_credentials" });
  const name = /^code-of-(\w+)$/.exec(given.get("code") ?? "")?.[1];
  return name === undefined
    ? sendJson(res, 200, { error: "bad_verification_code" })
    : sendJson(res, 200, { access_token: `gho_${name}`, token_type: "bearer", scope: "user:email,read:org" });
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? "/", "http://127.0.0.1");
  if (url.pathname === "/login/oauth/authorize")
    return void res.writeHead(302, { location: `/sign-in/${url.search}` }).end();
  if (url.pathname === "/sign-in/") return signIn(url, req, res);
  if (url.pathname === "/login/oauth/access_token") return giveToken(req, res);
  const name = /^(?:token|bearer) gho_(\w+)$/i.exec(req.headers.authorization ?? "")?.[1];
  if (name === undefined) return sendJson(res, 401, { message: "Bad credentials" });
  const email = `${name}@example.org`;
  if (url.pathname === "/api/v3/user") return sendJson(res, 200, { login: name, email });
  if (url.pathname === "/api/v3/user/emails") return sendJson(res, 200, [{ email, primary: true, verified: true }]);
  if (["/api/v3/user/orgs", "/api/v3/user/teams"].includes(url.pathname)) return sendJson(res, 200, []);
  return sendJson(res, 404, { message: "Not Found" });
}

const server = createServer((req, res) => {
  answer(req, res).catch((cause: unknown) => res.writeHead(500).end(String(cause)));
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
endWithParent();
