import { fileURLToPath } from "node:url";
import type { Session } from "../../../src/contracts/session.ts";
import type { EdgeOptions } from "../../../src/deploy/edge/edge-options.ts";
import { call, eventually, type Answer } from "../../harness/http.ts";
import { runInSession, startEcho } from "../../harness/in-session.ts";
import { freePorts, startRouter, type ApiCall, type TestRouter } from "../../harness/router.ts";
import { COOKIE, DOMAIN, edgePorts, TestEdge, type EdgePorts } from "./edge.ts";
import { signedIn } from "./visitor.ts";

const DEV_SERVER = fileURLToPath(new URL("../../programs/dev-server.ts", import.meta.url));

export interface PlaceOptions {
  /** Of the edge. */
  readonly changes?: Partial<EdgeOptions>;
  /** Of the router. */
  readonly env?: Readonly<Record<string, string>>;
  /** Base URL of a model server for the sessions. */
  readonly modelUrl?: string;
}

/** The whole way: the edge, the router behind it, and a session of Alice's with two dev servers. */
export class EdgePlace implements AsyncDisposable {
  readonly #ends: AsyncDisposable[] = [];
  router!: TestRouter;
  edge!: TestEdge;
  /** Cookies of those who have signed in. */
  alice = "";
  bob = "";
  hash = "";
  /** Port of `test/programs/echo-server.ts`. */
  echo = 0;
  /** Port of `test/programs/dev-server.ts`. */
  dev = 0;

  static async start(options: PlaceOptions = {}): Promise<EdgePlace> {
    const place = new EdgePlace();
    try {
      await place.#start(options);
      return place;
    } catch (cause) {
      await place[Symbol.asyncDispose]();
      throw cause;
    }
  }

  async #start({ changes = {}, env = {}, ...model }: PlaceOptions): Promise<void> {
    const ports = await edgePorts();
    const domain = `${DOMAIN}:${ports.web}`;
    this.router = await startRouter({
      ...model,
      auth: "proxy",
      domain,
      env: { ...routerSettings(ports, changes.tunnel ?? false), ...env },
    });
    this.#ends.push(this.router);
    const behind = { router: this.router.ports.public, attach: this.router.ports.attach };
    this.edge = await TestEdge.start({ ports, behind, people: ["alice", "bob"], changes });
    this.#ends.push(this.edge);
    this.alice = await signedIn(this.edge, "alice");
    this.bob = await signedIn(this.edge, "bob");
  }

  /** Makes the session, by way of the edge, and starts the servers in it. */
  async startSession(): Promise<void> {
    const created = await this.api("POST", "/api/sessions", { body: {} });
    if (created.status !== 201) throw new Error(`no session: ${created.status} ${created.text}`);
    this.hash = created.json<Session>().hash;
    await this.router.waitFor(this.hash, "running");
    this.echo = await startEcho(this.router, this.hash);
    const [port = 0] = await freePorts(1);
    await runInSession(this.router, this.hash, [
      process.execPath,
      "--import",
      import.meta.resolve("tsx"),
      DEV_SERVER,
      String(port),
      "127.0.0.1",
    ]);
    await eventually(
      () =>
        call(port, "/").then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status === 200,
    );
    this.dev = port;
  }

  portHost = (port: number): string => `${port}-${this.hash}-oc`;

  /** A call of the API through the edge, as Alice unless told otherwise. */
  api(method: string, path: string, { body, headers = {} }: Pick<ApiCall, "body" | "headers"> = {}): Promise<Answer> {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    return this.edge.call("", path, {
      method,
      headers: { cookie: this.alice, ...json, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async share(port: number, level: string): Promise<void> {
    const answer = await this.api("PUT", `/api/sessions/${this.hash}/ports/${port}`, { body: { level } });
    if (answer.status !== 200) throw new Error(`not shared: ${answer.status} ${answer.text}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end[Symbol.asyncDispose]();
  }
}

/** What the program that deploys tells the router of the edge. */
const routerSettings = ({ web }: EdgePorts, tunnel: boolean): Record<string, string> => ({
  SSO_COOKIE_NAME: COOKIE,
  SIGN_IN_URL: `http://oauth.${DOMAIN}:${web}/oauth2/start`,
  ...(tunnel ? { CLIENT_ADDRESS_HEADER: "CF-Connecting-IP" } : {}),
});
