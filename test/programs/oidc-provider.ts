/**
 * An OpenID provider on loopback: its page asks for a name, and whoever it is has the address `<name>@example.org`. Argument:
 * one JSON object, `OidcOptions`. Announces that it listens.
 */
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { Provider, type Configuration } from "oidc-provider";
import { endWithParent } from "../harness/program.ts";

export interface OidcOptions {
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUrl: string;
}

const { port, clientId, clientSecret, redirectUrl } = JSON.parse(process.argv[2] ?? "{}") as OidcOptions;

const configuration: Configuration = {
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUrl] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username"] },
  // Otherwise the address would have to be asked for at another place.
  conformIdTokenClaims: false,
  cookies: { keys: ["not-a-secret"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, { uid }) => `/sign-in/${uid}` },
  findAccount: (_context, name) => ({
    accountId: name,
    claims: () => ({ sub: name, email: `${name}@example.org`, email_verified: true, preferred_username: name }),
  }),
  // Nobody is asked whether the client may know them.
  loadExistingGrant: async ({ oidc }) => {
    const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session?.accountId ?? "" });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
  ttl: { AccessToken: 3600, IdToken: 3600, Session: 3600, Grant: 3600, Interaction: 600 },
};

const provider = new Provider(`http://127.0.0.1:${port}`, configuration);
const answer = provider.callback();

const nameOf = async (req: IncomingMessage): Promise<string> => new URLSearchParams(await text(req)).get("name") ?? "";

const server = createServer((req, res) => {
  if (!req.url?.startsWith("/sign-in/")) return void answer(req, res);
  if (req.method !== "POST") {
    const form = '<form method="post"><label>Name <input name="name"></label><button>Sign in</button></form>';
    return void res
      .writeHead(200, { "content-type": "text/html" })
      .end(`<!doctype html><title>Who are you?</title>${form}`);
  }
  nameOf(req)
    .then((accountId) => provider.interactionFinished(req, res, { login: { accountId } }))
    .catch((cause: unknown) => res.writeHead(500).end(String(cause)));
});
server.listen(port, "127.0.0.1", () => void process.stdout.write("listening\n"));
endWithParent();
