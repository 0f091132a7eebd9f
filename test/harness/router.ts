import { spawn, type ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Session } from "../../src/contracts/session.ts";
import { call, eventually, type Answer, type Call } from "./http.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const EDGE_SECRET = "edge-secret-of-the-tests";

export interface RouterOptions {
  readonly auth?: "local" | "proxy";
  /** Base URL of a model server for the sessions. */
  readonly modelUrl?: string;
  readonly env?: Env | ((ports: TestRouter["ports"]) => Env);
  /** What all hosts are below, with the port of the edge before the router; default: the router's own on localhost. */
  readonly domain?: string;
}

type Env = Readonly<Record<string, string>>;

interface OfTestRouter {
  readonly env: Record<string, string>;
  readonly proxy: boolean;
  readonly domain: string | undefined;
}

/** The true router as a process of its own, on free ports and a data folder of its own. */
export class TestRouter implements AsyncDisposable {
  readonly dataDir: string;
  readonly ports: { readonly public: number; readonly attach: number; readonly internal: number };
  readonly #env: Record<string, string>;
  readonly #proxy: boolean;
  readonly #domain: string | undefined;
  #child: ChildProcess | undefined;
  /** What the process wrote, over all its lives. */
  output = "";

  constructor(dataDir: string, ports: TestRouter["ports"], options: OfTestRouter) {
    this.dataDir = dataDir;
    this.ports = ports;
    this.#env = options.env;
    this.#proxy = options.proxy;
    this.#domain = options.domain;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(ROOT, "dist/router/main.js")], {
      env: this.#env,
      cwd: this.dataDir,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
    await eventually(
      async () => {
        if (child.exitCode !== null) throw new Error(`the router ended with ${child.exitCode}: ${this.output}`);
        return call(this.ports.internal, "/readyz").then(
          ({ status }) => status,
          () => 0,
        );
      },
      (status) => status === 200,
    );
  }

  /** Ends the process; `SIGKILL` is what a crash of the machine looks like to the sessions. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const gone = once(child, "exit") as Promise<[number | null]>;
    child.kill(signal);
    return (await gone)[0];
  }

  /** What signs a person in: nothing in local mode, the edge's headers in proxy mode. */
  identity(email: string): Record<string, string> {
    return this.#proxy ? { "x-edge-secret": EDGE_SECRET, "x-auth-request-email": email } : {};
  }

  readonly mainHost = (): string => this.#domain ?? `localhost:${this.ports.public}`;
  readonly sessionHost = (hash: string): string => `${hash}-oc.${this.mainHost()}`;
  readonly portHost = (hash: string, port: number): string => `${port}-${this.sessionHost(hash)}`;
  readonly attachHost = (hash: string): string =>
    `attach-${hash}-oc.${this.#domain ?? `localhost:${this.ports.attach}`}`;

  /** A call on the main host as one person. */
  api(method: string, path: string, { as = "alice@example.org", body, headers = {} }: ApiCall = {}): Promise<Answer> {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    return call(this.ports.public, path, {
      method,
      headers: { host: this.mainHost(), ...this.identity(as), ...json, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** A call on a session's own host, to opencode. */
  onSession(
    hash: string,
    path: string,
    { as = "alice@example.org", ...options }: Call & { as?: string } = {},
  ): Promise<Answer> {
    const headers = { host: this.sessionHost(hash), ...this.identity(as), ...options.headers };
    return call(this.ports.public, path, { ...options, headers });
  }

  async session(hash: string, as?: string): Promise<Session> {
    return (await this.api("GET", `/api/sessions/${hash}`, as === undefined ? {} : { as })).json<Session>();
  }

  /** Waits until a session can be opened, has failed, or is in the given state. */
  waitFor(hash: string, state: Session["state"] | "gone"): Promise<Session> {
    return eventually(
      async () => {
        const answer = await this.api("GET", `/api/sessions/${hash}`);
        return answer.status === 404 ? ({ state: "gone" } as unknown as Session) : answer.json<Session>();
      },
      (session) => (session.state as string) === state && (state !== "running" || session.url !== null),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Started once more if it is dead, because only a router ends what a killed one left.
    if (this.#child && this.#child.exitCode === null && this.#child.signalCode === null) await this.end("SIGTERM");
    else if (this.#child?.signalCode === "SIGKILL") {
      await this.start();
      await this.end("SIGTERM");
    }
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export interface ApiCall {
  readonly as?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function startRouter(options: RouterOptions = {}): Promise<TestRouter> {
  const router = await prepareRouter(options);
  try {
    await router.start();
    return router;
  } catch (cause) {
    await router[Symbol.asyncDispose]();
    throw cause;
  }
}

/** The same, not started yet. */
export async function prepareRouter({
  auth = "local",
  modelUrl,
  env = {},
  domain,
}: RouterOptions = {}): Promise<TestRouter> {
  const dataDir = await mkdtemp(join(tmpdir(), "ocr-"));
  const [publicPort = 0, attach = 0, internal = 0] = await freePorts(3);
  const ports = { public: publicPort, attach, internal };
  const overrides = join(dataDir, "overrides.json");
  await writeFile(overrides, JSON.stringify(modelUrl === undefined ? {} : modelConfig(modelUrl)));
  return new TestRouter(dataDir, ports, {
    proxy: auth === "proxy",
    domain,
    env: {
      PATH: process.env.PATH ?? "",
      // A person's own sign-ins and git settings have no place in a test.
      HOME: dataDir,
      AUTH_MODE: auth,
      ...(auth === "proxy"
        ? {
            EDGE_SECRET,
            BIND_ADDRESS: "127.0.0.1",
            ROUTER_PROTO: "http",
            ROUTER_DOMAIN: domain ?? `localhost:${publicPort}`,
          }
        : {}),
      PORT: String(publicPort),
      ATTACH_PORT: String(attach),
      INTERNAL_PORT: String(internal),
      DATA_DIR: join(dataDir, "data"),
      SESSION_CONFIG_FILE: overrides,
      ALLOWED_GIT_HOSTS: "127.0.0.1",
      LOG_LEVEL: "debug",
      ...(typeof env === "function" ? env(ports) : env),
    },
  });
}

/** opencode's configuration for a local model server. */
export const modelConfig = (url: string) => ({
  model: "local/fake-1",
  small_model: "local/fake-1",
  enabled_providers: ["local"],
  provider: {
    local: {
      npm: "@ai-sdk/openai-compatible",
      name: "Local",
      options: { baseURL: url, apiKey: "not-a-secret" },
      models: { "fake-1": { name: "Fake", tool_call: true, limit: { context: 100_000, output: 8_000 } } },
    },
  },
});

/**
 * Ports that were free at the same moment. Below the range that the kernel gives to outgoing connections: one of those
 * would be taken by somebody else's request before the router can listen.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = randomInt(10_000, 32_000);
    if (!ports.includes(port) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
