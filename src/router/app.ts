import { mkdir, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";
import { problem } from "../contracts/problem.ts";
import { systemClock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { createRemoteChecker } from "../sessions/remote/remote-checker.ts";
import { Sessions } from "../sessions/service.ts";
import { SessionUrls } from "../sessions/urls.ts";
import { openStore } from "../store/open-store.ts";
import { createApi } from "./api/api.ts";
import { FailureLimit } from "./auth/failure-limit.ts";
import type { Config } from "./config.ts";
import type { DispatchContext } from "./dispatch.ts";
import { attachHandler, publicHandler } from "./front-door.ts";
import { internalHandler } from "./internal.ts";
import { drain, listen, type Handler, type Place } from "./listeners.ts";
import { localSecret } from "./local-secrets.ts";
import { createMetrics } from "./metrics.ts";
import { Proxy } from "./proxy/proxy.ts";
import { reportReader } from "./read-report.ts";
import { rawProblem, sendProblem } from "./send-problem.ts";
import { createRuntime } from "./session-runtime.ts";
import { createUi } from "./ui.ts";

export interface App {
  /** Drains and stops; sessions of the process runtime are stopped cleanly. May be called twice. */
  close(): Promise<void>;
}

export interface AppParts {
  readonly config: Config;
  /** Folder of the package. */
  readonly root: string;
  /** The router's own environment: what the programs that it starts need of it. */
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

/** Builds the router in the order of what needs what, and serves. */
export async function createApp({ config, root, env, log }: AppParts): Promise<App> {
  await makeDataFolder(config.dataDir);
  // The ports come first: a second router on the same data must not touch the sessions of the first.
  const doors = await openDoors(config, log);
  try {
    return await furnish({ config, root, env, log }, doors);
  } catch (cause) {
    await Promise.all(doors.servers.map((server) => drain(server, 0)));
    throw cause;
  }
}

async function makeDataFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`DATA_DIR: the folder ${path} cannot be made (${cause.code}).`, { cause });
  });
}

async function furnish({ config, root, env, log }: AppParts, doors: Doors): Promise<App> {
  const store = await openStore({
    dataDir: config.dataDir,
    ...(config.databaseUrl ? { databaseUrl: config.databaseUrl.reveal() } : {}),
  });
  const routerUrlFile = join(config.dataDir, "internal-url");
  await writeFile(routerUrlFile, `http://${config.listen.internalAddress}:${config.listen.internalPort}\n`);
  const runtime = await createRuntime({ config, root, routerUrlFile, env, log });
  const repositories = { allowLocal: config.auth.mode === "local", allowedHosts: config.sessions.allowedGitHosts };
  const sessions = await Sessions.open({
    store,
    runtime,
    remote: createRemoteChecker({ ...repositories, env }),
    urls: new SessionUrls({ grammar: config.grammar, ...config.urls }),
    idSecret: config.secrets.sessionId ?? (await localSecret(config.dataDir, "session-id")),
    tokenSecret: config.secrets.token ?? (await localSecret(config.dataDir, "token")),
    limits: config.limits,
    repositories,
    readReport: reportReader((hash) => runtime.connect(hash)),
    clock: systemClock,
    log,
  });
  const proxy = new Proxy({
    connect: (hash) => runtime.connect(hash),
    sessionKey: (hash) => sessions.keys.sessionKey(hash),
    touch: (hash) => sessions.activity.touch(hash),
    ssoCookieName: config.ssoCookieName,
    proto: config.urls.proto,
  });
  runtime.onChange((hash) => {
    if (runtime.observe(hash).phase !== "running") proxy.forget(hash);
  });
  const draining = new AbortController();
  const endAttached = (hash: Parameters<typeof runtime.observe>[0]) => proxy.exchanges.endAll(hash, "attach");
  const api = createApi({ sessions, config, endAttached, draining: draining.signal }, log);
  const context: DispatchContext = { config, sessions, failures: new FailureLimit(systemClock) };
  const metrics = createMetrics({ states: () => sessions.states(), openExchanges: () => proxy.exchanges.size });
  const ready = async () => {
    if (draining.signal.aborted) throw new Error("going down");
    await store.ping();
  };
  doors.open({
    public: publicHandler(context, proxy, { api, ui: await createUi(join(root, "dist/web")) }),
    attach: attachHandler(context, proxy),
    internal: internalHandler({ sessions, metrics, ready }),
  });
  let closing: Promise<void> | undefined;
  const close = async () => {
    draining.abort();
    proxy.exchanges.endEverything();
    const drained = Promise.all(doors.servers.map((server) => drain(server)));
    await sessions.close();
    proxy.tunnels.close();
    await drained;
    await store.close();
  };
  return { close: () => (closing ??= close()) };
}

type DoorName = "public" | "attach" | "internal";

interface Doors {
  readonly servers: readonly Server[];
  /** From now on requests are carried out; before, they are told to come back. */
  open(handlers: Record<DoorName, Handler>): void;
}

/** Listens on all three ports. @throws PortTakenError */
async function openDoors({ listen: at }: Config, log: Log): Promise<Doors> {
  const notYet = problem("unavailable", "The router is starting. Try again in a moment.");
  const retry = { "retry-after": "1" };
  const closed: Handler = {
    request: (_req, res) => sendProblem(res, notYet, retry),
    upgrade: (_req, socket) => void socket.end(rawProblem(notYet, retry)),
  };
  const handlers: Record<DoorName, Handler> = { public: closed, attach: closed, internal: closed };
  const places: Record<DoorName, Place> = {
    public: { name: "public", variable: "PORT", address: at.address, port: at.port },
    attach: { name: "attach", variable: "ATTACH_PORT", address: at.address, port: at.attachPort },
    internal: { name: "internal", variable: "INTERNAL_PORT", address: at.internalAddress, port: at.internalPort },
  };
  const servers: Server[] = [];
  try {
    for (const name of Object.keys(places) as DoorName[]) {
      const handler: Handler = {
        request: (req, res) => handlers[name].request(req, res),
        upgrade: (req, socket, head) => handlers[name].upgrade(req, socket, head),
      };
      servers.push(await listen(places[name], handler, log));
    }
  } catch (cause) {
    await Promise.all(servers.map((server) => drain(server, 0)));
    throw cause;
  }
  return { servers, open: (made) => void Object.assign(handlers, made) };
}
