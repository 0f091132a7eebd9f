import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SessionHash } from "../contracts/session-hash.ts";
import { systemClock } from "../lib/clock.ts";
import type { Secret } from "../lib/secret.ts";
import { inClusterSource, kubeconfigSource } from "../runtimes/kubernetes/cluster-source.ts";
import { KubernetesRuntime } from "../runtimes/kubernetes/kubernetes-runtime.ts";
import { openCluster } from "../runtimes/kubernetes/open-cluster.ts";
import { ResourceRepository } from "../runtimes/kubernetes/resource-repository.ts";
import { chooseSessionImage } from "../runtimes/kubernetes/session-image.ts";
import { StateWriter } from "../runtimes/kubernetes/state-writer.ts";
import { tryImage } from "../runtimes/kubernetes/try-image.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { Sessions } from "../sessions/service.ts";
import { SessionUrls } from "../sessions/urls.ts";
import { anchoredStore } from "../store/anchored-store.ts";
import type { RouterStore, SqlStore } from "../store/open-store.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { podOptions } from "./pod-options.ts";
import type { PullImage } from "./internal.ts";
import { homeOf } from "./home.ts";
import { createProcesses, readEnvFile, type RuntimeParts } from "./session-runtime.ts";

/** What makes sessions run, and where it is kept which there are. */
export interface SessionEngine {
  readonly runtime: Runtime;
  readonly store: RouterStore;
  /** Name of this router as a home of sessions; null: every session may run here. */
  readonly home: string | null;
  /** How much later than this router knows of a session may have been used, through another one. */
  readonly unseenUseMs: number;
  readonly pullImage: PullImage | undefined;
  /** Keeps a newer token for GitHub where a session that runs has its first one. */
  readonly keepToken: (hash: SessionHash, token: Secret) => Promise<void>;
  /** Tells the outside what this router knows of the sessions. */
  readonly follow: (sessions: Sessions) => void;
  close(): Promise<void>;
}

type EngineParts = Omit<RuntimeParts, "routerUrlFile"> & { readonly store: SqlStore };

/** The engine that the configuration names. @throws Error with a sentence when it cannot be reached */
export const openEngine = (parts: EngineParts): Promise<SessionEngine> =>
  parts.config.cluster ? openClusterEngine(parts, parts.config.cluster) : openProcessEngine(parts);

async function openProcessEngine(parts: EngineParts): Promise<SessionEngine> {
  const { config, store } = parts;
  const routerUrlFile = join(config.dataDir, "internal-url");
  await writeFile(routerUrlFile, `http://${config.listen.internalAddress}:${config.listen.internalPort}\n`);
  return {
    runtime: await createProcesses({ ...parts, routerUrlFile }),
    store,
    // A database of one's own has no other routers in it.
    home: config.databaseUrl ? await homeOf(config.dataDir) : null,
    unseenUseMs: 0,
    pullImage: undefined,
    // A session has it in the memory of its sessiond alone.
    keepToken: () => Promise.resolve(),
    follow: () => {},
    close: () => Promise.resolve(),
  };
}

/** Routers write when a session was used at most this often. */
const UNSEEN_USE_MS = 60_000;

async function openClusterEngine(
  { config, env, store, log }: EngineParts,
  pods: ClusterConfig,
): Promise<SessionEngine> {
  const { sessions: files, urls, grammar } = config;
  const { KUBERNETES_SERVICE_HOST: serviceHost, KUBERNETES_SERVICE_PORT: servicePort } = env;
  const source = await (pods.kubeconfig === undefined
    ? inClusterSource({ serviceHost, servicePort })
    : kubeconfigSource(pods.kubeconfig));
  const watched = await openCluster({ source, namespace: pods.namespace, clock: systemClock, log });
  const overrides = files.configFile === undefined ? undefined : await readFile(files.configFile, "utf8");
  const sessionUrls = new SessionUrls({ grammar, ...urls });
  const cluster = {
    ...watched,
    options: podOptions(pods, {
      sessionEnv: files.envFile === undefined ? {} : await readEnvFile(files.envFile),
      hasOverrides: overrides !== undefined,
      githubOrigin: config.github.web,
      portUrlPattern: (hash) => sessionUrls.portPattern(hash),
    }),
    ...(overrides === undefined ? {} : { overrides }),
    clock: systemClock,
    log,
  };
  const resources = new ResourceRepository(cluster);
  const runtime = new KubernetesRuntime(cluster);
  let writer: StateWriter | undefined;
  return {
    runtime,
    store: await anchoredStore({
      sql: store,
      sessions: resources,
      changes: watched.sessions.changes,
      clock: systemClock,
      log,
    }),
    home: null,
    unseenUseMs: UNSEEN_USE_MS,
    pullImage: async ({ image, updateConfig }) => {
      await tryImage(cluster, image);
      if (updateConfig) await chooseSessionImage(watched.client, { configured: pods.image, image });
    },
    keepToken: (hash, token) => runtime.keepToken(hash, token),
    follow: ({ known }) => {
      const shown = (hash: SessionHash) => {
        const record = known.get(hash);
        return record && known.view(record);
      };
      const states = (writer = new StateWriter({ ...cluster, client: watched.client, shown }));
      known.changes.subscribe((hash) => states.look(hash));
      // What happened while no router was there.
      for (const { hash } of known.listAll()) states.look(hash as SessionHash);
    },
    close: async () => {
      await writer?.close();
      await watched.close();
    },
  };
}
