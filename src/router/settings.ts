import { z } from "zod";
import {
  apiRoot,
  email,
  emails,
  flag,
  integer,
  json,
  list,
  oneOf,
  optional,
  pairs,
  quantity,
  Resources,
  secret,
  text,
  Toleration,
} from "./setting-kinds.ts";

/** One variable of the environment: how it is read, and what the README says of it. */
export interface Setting<T = unknown> {
  readonly schema: z.ZodType<T, string | undefined>;
  readonly about: string;
  /** Secret values can also be given as `<NAME>_FILE` and never print. */
  readonly secret?: true;
}

const setting = <T>(schema: z.ZodType<T, string | undefined>, about: string): Setting<T> => ({ schema, about });
const secretSetting = <T>(schema: z.ZodType<T, string | undefined>, about: string): Setting<T> => ({
  schema,
  about,
  secret: true,
});

/** Everything that can be set, in the order of the README. */
export const SETTINGS = {
  RUNTIME: setting(
    oneOf(["process", "kubernetes"], "process"),
    "What makes sessions run: `process` (this machine) or `kubernetes`",
  ),
  AUTH_MODE: setting(
    oneOf(["local", "proxy"], "local"),
    "`local`: one person, loopback only. `proxy`: identity from the sign-in proxy",
  ),
  PORT: setting(integer(3000, 1, 65535), "Public listener: web UI, API and session hosts"),
  ATTACH_PORT: setting(integer(4096, 1, 65535), "Attach listener: `opencode attach`, by password only"),
  INTERNAL_PORT: setting(integer(3001, 1, 65535), "Internal listener: health, metrics, pushes of sessions"),
  BIND_ADDRESS: setting(
    optional,
    "Address of the public and attach listeners; default `127.0.0.1` in local mode, else `0.0.0.0`",
  ),
  ROUTER_DOMAIN: setting(
    optional,
    "Domain of the platform, with its port if it is not the usual one; default `localhost:PORT`",
  ),
  SESSION_DOMAIN: setting(optional, "Domain one label below which sessions are; default `ROUTER_DOMAIN`"),
  MAIN_HOST: setting(optional, "Host of the web UI and API; default `ROUTER_DOMAIN`"),
  ROUTE_SUFFIX: setting(text("-oc"), "What follows the hash in a session's host"),
  ATTACH_ROUTE_PREFIX: setting(text("attach-"), "What stands before the hash in an attach host"),
  ROUTER_PROTO: setting(
    z.enum(["http", "https"], { error: "must be one of: http, https" }).optional(),
    "Scheme of public URLs; default `http` in local mode, else `https`",
  ),
  DATA_DIR: setting(text("./data"), "Folder of the embedded database, made secrets and local sessions"),
  DATABASE_URL: secretSetting(
    optional.refine((value) => value === undefined || /^postgres(ql)?:\/\//.test(value), {
      error: "must start with postgres:// (or be empty for the embedded database)",
    }),
    "PostgreSQL; empty: SQLite in `DATA_DIR`",
  ),
  EDGE_SECRET: secretSetting(secret(16), "Shared with the edge; required with `AUTH_MODE=proxy`"),
  EDGE_SECRET_PREVIOUS: secretSetting(secret(16), "The edge secret before a rotation, still accepted"),
  SESSION_ID_SECRET: secretSetting(secret(16), "Key of the session hashes; changing it makes every session a new one"),
  TOKEN_SECRET: secretSetting(
    secret(16),
    "Key of session keys, attach passwords and people's secrets; changing it loses those secrets",
  ),
  ADMIN_SECRET: secretSetting(secret(16), "For operators' calls on the internal listener"),
  ADMIN_EMAILS: setting(emails, "Administrators, separated by commas"),
  ADMIN_GROUPS: setting(list, "Groups of administrators, separated by commas"),
  SSO_COOKIE_NAME: setting(text("_oauth2_proxy"), "The sign-in proxy's cookie; it never reaches a session"),
  SIGN_IN_URL: setting(
    optional.refine((value) => value === undefined || /^https?:\/\/[^/@?#\s]+\/[^?#\s]*$/.test(value), {
      error: "must be a URL without query, such as https://oauth.example.org/oauth2/start",
    }),
    "Where a browser is sent that opens a dev server which is not shared with everybody, and nobody is signed in with",
  ),
  CLIENT_ADDRESS_HEADER: setting(
    optional.refine((value) => value === undefined || /^[a-z0-9-]+$/i.test(value), {
      error: "must be the name of a header, such as CF-Connecting-IP",
    }),
    "Header in which the edge tells a client's address; default: the last entry of `X-Forwarded-For`",
  ),
  LOCAL_EMAIL: setting(email("local@localhost"), "The one person of local mode"),
  SESSION_ENV_FILE: setting(optional, "File of `NAME=value` lines that every session gets"),
  SESSION_CONFIG_FILE: setting(optional, "Overrides of `opencode.json` for every session, merged last"),
  MODELS_FILE: setting(optional, "Model list for sessions, merged over the defaults"),
  ALLOWED_GIT_HOSTS: setting(
    list,
    "Git hosts (`host` or `host:port`) that may be private or use plain http, separated by commas",
  ),
  GITHUB_API_URL: setting(
    apiRoot("https://api.github.com"),
    "GitHub's REST API; of an Enterprise Server `https://<host>/api/v3`. It gets people's tokens",
  ),
  OPENCODE_BIN: setting(optional, "The opencode program; default: the one of the `opencode-ai` package"),
  LOCAL_SHARE_AUTH: setting(flag(true), "Local mode: sessions use the person's own opencode sign-ins and git settings"),
  SESSION_NAMESPACE: setting(optional, "Kubernetes: namespace of the sessions; required there"),
  SESSION_IMAGE: setting(optional, "Kubernetes: image of the sessions; required there"),
  INTERNAL_URL: setting(
    optional.refine((value) => value === undefined || /^http:\/\/[^/@?#]+\/?$/.test(value), {
      error: "must be an http URL without path, such as http://router.example-system.svc:3001",
    }),
    "Kubernetes: address of the internal listener for the sessions' pods; required there",
  ),
  IMAGE_PULL_SECRET_NAME: setting(optional, "Kubernetes: secret for pulling the images of sessions"),
  STORAGE_CLASS: setting(optional, "Kubernetes: storage class of the sessions' volumes; default: the cluster's own"),
  STORAGE_SIZE: setting(quantity("10Gi"), "Kubernetes: size of a session's volume"),
  MODELS_CONFIG_MAP: setting(optional, "Kubernetes: config map with the model list as `models.json`"),
  API_KEY_SECRET_NAME: setting(optional, "Kubernetes: secret whose keys every session has in its environment"),
  SESSION_RESOURCES: setting(
    json(Resources, '{"requests":{"cpu":"250m","memory":"512Mi"},"limits":{"cpu":"4","memory":"4Gi"}}'),
    "Kubernetes: requests and limits of a session, as JSON",
  ),
  NODE_SELECTOR: setting(pairs, "Kubernetes: labels of the nodes for sessions, `key=value`, separated by commas"),
  TOLERATIONS: setting(json(z.array(Toleration), "[]"), "Kubernetes: tolerations of sessions, as JSON"),
  RUNTIME_CLASS_NAME: setting(optional, "Kubernetes: runtime class of sessions, such as `gvisor`"),
  CHROMIUM_IMAGE: setting(
    optional,
    "Kubernetes: image of a headless Chromium beside each session, on loopback port 9222",
  ),
  KUBECONFIG: setting(
    optional,
    "Kubernetes: credentials for a router outside of the cluster; inside, its service account",
  ),
  MAX_SESSIONS_PER_USER: setting(integer(20, 1, 100_000), "Sessions that one person may have"),
  MAX_RUNNING_PER_USER: setting(integer(5, 1, 100_000), "Sessions of one person that may run at once"),
  MAX_CONCURRENT_STARTS: setting(integer(16, 1, 10_000), "Sessions that may be starting at once"),
  IDLE_TIMEOUT_MINUTES: setting(
    integer(30, 1, 525_600),
    "A session that nobody uses and whose agent rests is stopped after this",
  ),
  WAKE_HOLD_SECONDS: setting(integer(25, 0, 600), "How long a request waits for a stopped session to start"),
  DEFAULT_GIT_REPO: setting(optional, "Repository that the form for a new session starts with"),
  LOG_LEVEL: setting(oneOf(["debug", "info", "warn", "error", "silent"], "info"), "How much is logged"),
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export type SettingValues = { [K in SettingName]: z.output<(typeof SETTINGS)[K]["schema"]> };
