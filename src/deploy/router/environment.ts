import { IMAGE_PULL_SECRET } from "../image-pull.ts";
import { PROGRAMS, SERVICES } from "../objects/programs.ts";
import { API_KEYS, MODELS_MAP } from "../sessions/names.ts";
import type { SessionSettings, Settings } from "../settings/settings.ts";
import { SESSION_FILES, sessionFiles } from "./session-files.ts";

export type RouterSlice = Pick<
  Settings,
  | "name"
  | "namespaces"
  | "hosts"
  | "images"
  | "auth"
  | "entrance"
  | "router"
  | "database"
  | "sessions"
  | "models"
  | "imagePullSecret"
>;

/** Where the container has its files: one a secret, named as the router's setting. */
export const FOLDERS = {
  data: "/data",
  secrets: "/etc/opencode-router/secrets",
  sessions: "/etc/opencode-router/sessions",
} as const;

/** Variables by their names, none of them a secret: those come by files. All are settings of the router, see README.md. */
export type Environment = Readonly<Record<string, string>>;

/** @param secrets those that are in `FOLDERS.secrets` */
export const routerEnvironment = (settings: RouterSlice, secrets: readonly SecretName[]): Environment => ({
  RUNTIME: "kubernetes",
  AUTH_MODE: "proxy",
  DATA_DIR: FOLDERS.data,
  LOG_LEVEL: settings.router.logLevel,
  ...listeners(),
  ...hosts(settings),
  ...signIn(settings),
  ...limits(settings),
  ...secretFiles(secrets),
  ...sessionPods(settings),
  ...repositories(settings),
});

function listeners(): Environment {
  const { public: port, attach, internal } = PROGRAMS.router.ports;
  return { PORT: `${port}`, ATTACH_PORT: `${attach}`, INTERNAL_PORT: `${internal}` };
}

const hosts = ({ hosts: names }: RouterSlice): Environment => ({
  ROUTER_DOMAIN: names.domain,
  ROUTER_PROTO: "https",
  MAIN_HOST: names.mainHost,
  SESSION_DOMAIN: names.sessionDomain,
  ROUTE_SUFFIX: names.routeSuffix,
  ATTACH_ROUTE_PREFIX: names.attachPrefix,
});

const signIn = ({ hosts: { oauthHost }, auth, entrance, router }: RouterSlice): Environment => ({
  SSO_COOKIE_NAME: auth.cookieName,
  SIGN_IN_URL: `https://${oauthHost}/oauth2/start`,
  // Elsewhere a client could write it itself.
  ...(entrance.kind === "tunnel" ? { CLIENT_ADDRESS_HEADER: "CF-Connecting-IP" } : {}),
  ...listed("ADMIN_EMAILS", router.admins.emails),
  ...listed("ADMIN_GROUPS", router.admins.groups),
});

const limits = ({ router }: RouterSlice): Environment => ({
  MAX_SESSIONS_PER_USER: `${router.maxSessionsPerUser}`,
  MAX_RUNNING_PER_USER: `${router.maxRunningPerUser}`,
  MAX_CONCURRENT_STARTS: `${router.maxConcurrentStarts}`,
  IDLE_TIMEOUT_MINUTES: `${router.idleTimeoutMinutes}`,
  WAKE_HOLD_SECONDS: `${router.wakeHoldSeconds}`,
});

const repositories = ({ router }: RouterSlice): Environment => ({
  GITHUB_API_URL: router.githubApiUrl,
  ...listed("ALLOWED_GIT_HOSTS", router.allowedGitHosts),
  ...named("DEFAULT_GIT_REPO", router.defaultGitRepo),
});

/** Settings of the router that are secrets: the names of the files in `FOLDERS.secrets`. */
export type SecretName =
  | "EDGE_SECRET"
  | "EDGE_SECRET_PREVIOUS"
  | "SESSION_ID_SECRET"
  | "TOKEN_SECRET"
  | "ADMIN_SECRET"
  | "DATABASE_URL";

const secretFiles = (names: readonly SecretName[]): Environment =>
  Object.fromEntries(names.map((name) => [`${name}_FILE`, `${FOLDERS.secrets}/${name}`]));

function sessionPods({ sessions, ...settings }: RouterSlice): Environment {
  const { system, sessions: namespace } = settings.namespaces;
  return {
    SESSION_NAMESPACE: namespace,
    SESSION_IMAGE: settings.images.session,
    INTERNAL_URL: `http://${SERVICES.internal}.${system}.svc.cluster.local:${PROGRAMS.router.ports.internal}`,
    STORAGE_SIZE: sessions.volume.size,
    SESSION_RESOURCES: JSON.stringify(sessions.resources),
    TOLERATIONS: JSON.stringify(sessions.tolerations),
    ...named("STORAGE_CLASS", sessions.volume.storageClass),
    ...named("RUNTIME_CLASS_NAME", sessions.runtimeClassName),
    ...named("CHROMIUM_IMAGE", sessions.chromiumImage),
    ...listed(
      "NODE_SELECTOR",
      Object.entries(sessions.nodeSelector).map(([name, value]) => `${name}=${value}`),
    ),
    ...(settings.imagePullSecret === undefined ? {} : { IMAGE_PULL_SECRET_NAME: IMAGE_PULL_SECRET }),
    ...(settings.models.source === "none" ? {} : { MODELS_CONFIG_MAP: MODELS_MAP }),
    ...(Object.keys(sessions.secretEnv).length === 0 ? {} : { API_KEY_SECRET_NAME: API_KEYS }),
    ...operatorsFiles(sessions),
  };
}

function operatorsFiles(sessions: SessionSettings): Environment {
  const files = sessionFiles(sessions);
  const at = (variable: string, file: keyof typeof files): Environment =>
    files[file] === undefined ? {} : { [variable]: `${FOLDERS.sessions}/${file}` };
  return { ...at("SESSION_ENV_FILE", SESSION_FILES.env), ...at("SESSION_CONFIG_FILE", SESSION_FILES.config) };
}

const named = (name: string, value: string | undefined): Environment => (value === undefined ? {} : { [name]: value });
const listed = (name: string, values: readonly string[]): Environment =>
  values.length === 0 ? {} : { [name]: values.join(",") };
