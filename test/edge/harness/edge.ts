import { randomBytes } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { ATTACH_LIMITS, type EdgeOptions, type ServiceAddress } from "../../../src/deploy/edge/edge-options.ts";
import { dynamicConfig, staticConfig } from "../../../src/deploy/edge/render-file.ts";
import { cookieSecret, oauth2ProxyFlags, SIGN_IN_VARIABLES } from "../../../src/deploy/sign-in/oauth2-proxy-flags.ts";
import { clusterTool } from "../../cluster/harness/cluster-tools.ts";
import { Daemon } from "../../cluster/harness/daemon.ts";
import { Keeper } from "../../cluster/harness/keeper.ts";
import { call, eventually, type Answer, type Call } from "../../harness/http.ts";
import { startProgram, type Program } from "../../harness/program.ts";
import { EDGE_SECRET, freePorts } from "../../harness/router.ts";
import type { OidcOptions } from "../../programs/oidc-provider.ts";

/** All hosts are below it; no name of it resolves, and none has to. */
export const DOMAIN = "team.test";
export const COOKIE = "_team_sign_in";

const CLIENT = { clientId: "the-edge", clientSecret: randomBytes(16).toString("hex") };

export interface EdgePorts {
  /** What people connect to. */
  readonly web: number;
  readonly inside: number;
  readonly signIn: number;
  readonly provider: number;
}

export async function edgePorts(): Promise<EdgePorts> {
  const [web = 0, inside = 0, signIn = 0, provider = 0] = await freePorts(4);
  return { web, inside, signIn, provider };
}

/** Where the rendered routes lead. */
export interface Behind {
  readonly router: number;
  readonly attach: number;
}

/** The real Traefik with the rendered configuration, the real oauth2-proxy with the rendered flags, and an OpenID provider. */
export class TestEdge implements AsyncDisposable {
  readonly ports: EdgePorts;
  readonly options: EdgeOptions;
  /** What has to end, the first started last. */
  readonly #ends: (() => PromiseLike<unknown>)[] = [];
  #folder = "";
  traefik!: Daemon;
  signIn!: Daemon;

  private constructor(ports: EdgePorts, behind: Behind, changes: Partial<EdgeOptions>) {
    this.ports = ports;
    this.options = { ...edgeOptions(ports, behind), ...changes };
  }

  /** @param people names of those who may sign in */
  static async start({ ports, behind, people, changes = {}, provider }: StartEdge): Promise<TestEdge> {
    const edge = new TestEdge(ports, behind, changes);
    try {
      await edge.#start(people, provider);
      return edge;
    } catch (cause) {
      await edge[Symbol.asyncDispose]();
      throw cause;
    }
  }

  async #start(people: readonly string[], provider: StartEdge["provider"]): Promise<void> {
    const keeper = new Keeper();
    this.#ends.push(() => keeper[Symbol.asyncDispose]());
    this.#folder = await keeper.folder("edge-");
    const identities = await startProvider(this.ports);
    this.#ends.push(() => identities[Symbol.asyncDispose]());
    const emailsFile = join(this.#folder, "emails");
    await writeFile(emailsFile, people.map((name) => `${name}@example.org\n`).join(""));
    this.signIn = this.#daemon(keeper, "oauth2-proxy", signInCommand(this.ports, emailsFile));
    await this.apply();
    const configFile = join(this.#folder, "traefik.yml");
    await writeFile(configFile, this.#staticConfig(provider));
    this.traefik = this.#daemon(keeper, "traefik", [clusterTool("traefik"), `--configFile=${configFile}`]);
    await this.untilReady();
  }

  #staticConfig(provider: StartEdge["provider"]): string {
    const { web, inside } = this.ports;
    const [address, insideAddress] = [`127.0.0.1:${web}`, `127.0.0.1:${inside}`];
    const dynamicFolder = join(this.#folder, "dynamic");
    const text = staticConfig({ ...this.options, address, insideAddress, dynamicFolder, version: "3.6.12" });
    return provider === undefined ? text : stringify({ ...(parse(text) as object), providers: provider });
  }

  #daemon(keeper: Keeper, name: string, command: readonly string[]): Daemon {
    const daemon = new Daemon(keeper, { name, command, log: join(this.#folder, `${name}.log`) });
    // Without the seconds of grace that an edge in use needs.
    this.#ends.push(() => daemon.stop("SIGKILL"));
    daemon.start();
    return daemon;
  }

  /** Writes the routes anew, as a mounted secret changes: at once. */
  async apply(changes: Partial<EdgeOptions> = {}): Promise<void> {
    await mkdir(join(this.#folder, "dynamic"), { recursive: true });
    const file = join(this.#folder, "dynamic/edge.yml");
    await writeFile(`${file}.new`, dynamicConfig({ ...this.options, ...changes }));
    await rename(`${file}.new`, file);
  }

  /** Until Traefik has the routes, and the sign-in answers. */
  async untilReady(): Promise<void> {
    const status = async (port: number, path: string, headers = {}) => {
      this.traefik.check();
      this.signIn.check();
      return call(port, path, { headers }).then(
        (answer) => answer.status,
        () => 0,
      );
    };
    await eventually(
      () => status(this.ports.signIn, "/ready"),
      (code) => code === 200,
    );
    await eventually(
      () => status(this.ports.web, "/", { host: DOMAIN }),
      (code) => code === 401,
    );
  }

  /** A request to one of the hosts below the domain, through Traefik. */
  call(host: string, path: string, options: Call = {}): Promise<Answer> {
    return call(this.ports.web, path, { ...options, headers: { host: this.host(host), ...options.headers } });
  }

  /** The name with the port, as a browser says it; "" is the main host. */
  host(name: string): string {
    return `${name === "" ? "" : `${name}.`}${DOMAIN}:${this.ports.web}`;
  }

  url(name: string, path: string): string {
    return `http://${this.host(name)}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end();
  }
}

export interface StartEdge {
  readonly ports: EdgePorts;
  readonly behind: Behind;
  readonly people: readonly string[];
  readonly changes?: Partial<EdgeOptions>;
  /** Where a Traefik that is there has its routes from; default: the file that is rendered. */
  readonly provider?: Readonly<Record<string, unknown>> | undefined;
}

const onLoopback = (port: number): ServiceAddress => ({
  name: "",
  namespace: "",
  port,
  url: `http://127.0.0.1:${port}`,
});

export const edgeOptions = (ports: EdgePorts, behind: Behind): EdgeOptions => ({
  domain: DOMAIN,
  mainHost: DOMAIN,
  oauthHost: `oauth.${DOMAIN}`,
  sessionDomain: DOMAIN,
  routeSuffix: "-oc",
  attachPrefix: "attach-",
  proto: "http",
  services: {
    router: onLoopback(behind.router),
    attach: onLoopback(behind.attach),
    "oauth2-proxy": onLoopback(ports.signIn),
  },
  edgeSecret: EDGE_SECRET,
  cookieName: COOKIE,
  entryPoint: "web",
  tls: false,
  trustedIps: [],
  tunnel: false,
  attachLimits: ATTACH_LIMITS,
});

function startProvider(ports: EdgePorts): Promise<Program> {
  const redirectUrl = `http://oauth.${DOMAIN}:${ports.web}/oauth2/callback`;
  const options: OidcOptions = { port: ports.provider, redirectUrl, ...CLIENT };
  return startProgram("oidc-provider", [JSON.stringify(options)]);
}

/** `env` hands over the secrets, as the variables of a container do. */
const signInCommand = (ports: EdgePorts, emailsFile: string): string[] => [
  "env",
  `${SIGN_IN_VARIABLES.clientSecret}=${CLIENT.clientSecret}`,
  `${SIGN_IN_VARIABLES.cookieSecret}=${cookieSecret(randomBytes(32).toString("base64"))}`,
  clusterTool("oauth2-proxy"),
  ...oauth2ProxyFlags({
    provider: { kind: "oidc", issuer: `http://127.0.0.1:${ports.provider}`, groups: [] },
    clientId: CLIENT.clientId,
    scopes: "openid profile email",
    emailsFile,
    emailDomains: [],
    domain: DOMAIN,
    oauthHost: `oauth.${DOMAIN}`,
    proto: "http",
    publicPort: ports.web,
    cookieName: COOKIE,
    cookieExpire: "1h",
    cookieRefresh: "59m",
    store: "cookie",
    trustedProxies: ["127.0.0.1"],
    address: `127.0.0.1:${ports.signIn}`,
  }),
];
