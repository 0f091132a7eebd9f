import { setMaxListeners } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { SessionHash } from "../contracts/session-hash.ts";
import { systemClock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Secret } from "../lib/secret.ts";
import { GitHub } from "../people/github.ts";
import { openPeople, type People } from "../people/people.ts";
import { createRemoteChecker } from "../sessions/remote/remote-checker.ts";
import { Sessions } from "../sessions/service.ts";
import { SessionUrls } from "../sessions/urls.ts";
import { openStore, type RouterStore, type SqlStore } from "../store/open-store.ts";
import { createApi } from "./api/api.ts";
import { GITHUB_TOKEN_SECRET, type FallbackToken } from "./api/github-token.ts";
import { FailureLimit } from "./auth/failure-limit.ts";
import { TokenCheck } from "./auth/token-check.ts";
import type { Config } from "./config.ts";
import { lockData } from "./data-lock.ts";
import { dispatchAttach, dispatchPublic, type DispatchContext } from "./dispatch.ts";
import { openDoors, type Doors } from "./doors.ts";
import { FrontDoor } from "./front-door.ts";
import { giveTokens, tokenPutter } from "./give-tokens.ts";
import { internalHandler } from "./internal.ts";
import { drain } from "./listeners.ts";
import { localSecret } from "./local-secrets.ts";
import { createMetrics } from "./metrics.ts";
import { OpenStreams } from "./open-streams.ts";
import { openProxy } from "./open-proxy.ts";
import { reportReader } from "./read-report.ts";
import { openEngine } from "./session-engine.ts";
import { createUi } from "./ui.ts";
import { Waker } from "./waker.ts";

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
    const unlock = await lockData(config.dataDir);
    const app = await furnish({ config, root, env, log }, doors);
    return { close: () => app.close().finally(unlock) };
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

async function furnish(parts: AppParts, doors: Doors): Promise<App> {
  const { config, root, log } = parts;
  const store = await openStore({
    dataDir: config.dataDir,
    log,
    ...(config.databaseUrl ? { databaseUrl: config.databaseUrl.reveal() } : {}),
  });
  // Before the sessions: a build without its UI must not start any.
  const ui = await createUi(join(root, "dist/web"));
  const tokenSecret = config.secrets.token ?? (await localSecret(config.dataDir, "token"));
  const people = openPeople({ store, tokenSecret, clock: systemClock, log });
  const { sessions, engine } = await openSessions(parts, { store, tokenSecret, people });
  const { known } = sessions;
  const proxy = openProxy({ sessions, runtime: engine.runtime, config });
  const draining = new AbortController();
  // One listener per event stream and held request.
  setMaxListeners(0, draining.signal);
  const door = {
    behindEdge: config.auth.mode === "proxy",
    clientAddressHeader: config.clientAddressHeader,
    proxy,
    known,
    streams: new OpenStreams(),
    waker: new Waker(sessions, config.wakeHoldMs),
    mainUrl: config.urls.main,
    draining: draining.signal,
  };
  const failures = new FailureLimit(systemClock);
  const context = { config, sessions: dispatchView(sessions), failures };
  const github = new GitHub(config.github);
  const fallbackToken: FallbackToken = async (email) => (await people.secrets.forSession(email))[GITHUB_TOKEN_SECRET];
  const main = {
    api: createApi({ sessions, people, github, fallbackToken, config, draining: draining.signal }, log),
    ui,
    tokens: new TokenCheck((token) => people.tokens.find(token), failures),
  };
  const metrics = createMetrics({ known, exchanges: proxy.exchanges });
  const ready = readiness(store, draining.signal);
  doors.open({
    public: new FrontDoor({ ...door, main, dispatch: (asked) => dispatchPublic(asked, context) }),
    attach: new FrontDoor({ ...door, dispatch: (asked) => dispatchAttach(asked, context) }),
    internal: internalHandler({
      sessions,
      metrics,
      ready,
      adminSecret: config.secrets.admin,
      pullImage: engine.pullImage,
    }),
  });
  let closing: Promise<void> | undefined;
  const close = async () => {
    draining.abort();
    proxy.exchanges.drain();
    // First: what is on its way into a session, or out of it, has to arrive.
    await Promise.all(doors.servers.map((server) => drain(server)));
    await sessions.close();
    await engine.close();
    proxy.tunnels.close();
    await people.audit.flush();
    // It stands on the other one, and closes it.
    await engine.store.close();
  };
  return { close: () => (closing ??= close()) };
}

/** A cluster whose API is away does not make a router unready: requests to running sessions go on. */
const readiness = (store: RouterStore, draining: AbortSignal) => async () => {
  if (draining.aborted) throw new Error("going down");
  await store.ping();
};

interface KeptThings {
  readonly store: SqlStore;
  readonly tokenSecret: Secret;
  readonly people: People;
}

async function openSessions({ config, root, env, log }: AppParts, { store, tokenSecret, people }: KeptThings) {
  const { dataDir } = config;
  const engine = await openEngine({ config, root, env, log, store });
  const { runtime } = engine;
  const connect = (hash: SessionHash) => runtime.connect(hash);
  const repositories = { allowLocal: config.auth.mode === "local", allowedHosts: config.sessions.allowedGitHosts };
  const sessions = await Sessions.open({
    ...engine,
    remote: createRemoteChecker({ ...repositories, env, tokenOrigin: config.github.web }),
    urls: new SessionUrls({ grammar: config.grammar, ...config.urls }),
    idSecret: config.secrets.sessionId ?? (await localSecret(dataDir, "session-id")),
    tokenSecret,
    secretsOf: (owner) => people.secrets.forSession(owner),
    githubTokenOf: (owner) => people.githubTokens.of(owner),
    limits: config.limits,
    repositories,
    idleTimeoutMs: config.idleTimeoutMs,
    readReport: reportReader(connect),
    clock: systemClock,
    log,
  });
  const put = tokenPutter(connect, sessions.keys);
  giveTokens({
    tokens: people.githubTokens,
    known: sessions.known,
    give: (hash, token) => Promise.all([engine.keepToken(hash, token), put(hash, token)]),
    log,
  });
  engine.follow(sessions);
  return { sessions, engine };
}

const dispatchView = ({ known, keys }: Sessions): DispatchContext["sessions"] => ({
  get: (hash) => known.get(hash),
  state: (record) => known.state(record),
  failure: (record) => known.failure(record),
  isHere: (record) => known.isHere(record),
  attachPassword: (record) => keys.attachPassword(record),
  share: (hash, port) => known.shares.get(hash, port),
});
