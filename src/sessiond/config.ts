import { readFileSync } from "node:fs";
// The small build of zod: the whole one would cost 20 ms of every start of a session.
import * as z from "zod/mini";
import { isGitHubToken } from "../contracts/github-token.ts";
import type { SessionVariable } from "../contracts/session-variables.ts";
import { Secret } from "../lib/secret.ts";

/** A unix socket's path must fit into `sockaddr_un`. */
const MAX_SOCKET_PATH = 107;

const Text = z.string().check(z.minLength(1));
const AbsolutePath = z.string().check(z.regex(/^\//, "must be an absolute path"));
const SocketPath = AbsolutePath.check(z.maxLength(MAX_SOCKET_PATH, `must be at most ${MAX_SOCKET_PATH} characters`));
const Port = z.coerce.number().check(z.int(), z.minimum(1), z.maximum(65535));

const Environment = z
  .object({
    SESSION_HASH: z.string().check(z.regex(/^[0-9a-f]{12}$/, "must be 12 lower-case hex digits")),
    SESSION_KEY_FILE: AbsolutePath,
    SESSIOND_SOCKET: z.optional(SocketPath),
    SESSIOND_PORT: z.optional(Port),
    SESSIOND_BIND: z.prefault(Text, "0.0.0.0"),
    ROUTER_URL: z.optional(
      z.url({ protocol: /^http$/, error: "must be an http URL: the internal listener has no TLS" }),
    ),
    ROUTER_URL_FILE: z.optional(AbsolutePath),
    WORKSPACE: AbsolutePath,
    STATE_DIR: AbsolutePath,
    INITIAL_MESSAGE_FILE: z.optional(AbsolutePath),
    GIT_CREDENTIAL_SOCKET: z.optional(SocketPath),
    SESSIOND_GITHUB_TOKEN: z.optional(Text),
    SESSIOND_GITHUB_ORIGIN: z.prefault(
      z.url({ protocol: /^https?$/, error: "must be an http or https URL" }),
      "https://github.com",
    ),
    OPENCODE_BIN: Text,
    OPENCODE_PORT: z.optional(Port),
    // Nobody's secret may have the name of one of these.
  } satisfies Partial<Record<SessionVariable, z.ZodMiniType>>)
  .check(
    z.refine((env) => (env.SESSIOND_SOCKET === undefined) !== (env.SESSIOND_PORT === undefined), {
      error: "set exactly one of SESSIOND_SOCKET and SESSIOND_PORT",
      path: ["SESSIOND_SOCKET"],
      when: () => true,
    }),
  );

export type Listen =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "tcp"; readonly address: string; readonly port: number };

export type RouterAddress =
  | { readonly kind: "fixed"; readonly url: string }
  /** Read again before every push: the router may come back at another address. */
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "none" };

export interface Config {
  readonly hash: string;
  readonly sessionKey: Secret;
  readonly listen: Listen;
  readonly router: RouterAddress;
  readonly workspace: string;
  readonly stateDir: string;
  readonly initialMessageFile: string | undefined;
  readonly github: {
    /** Where git's credential helper asks. */
    readonly socket: string | undefined;
    /** Whom the token is for. */
    readonly origin: string;
    /** The first one. */
    readonly token: Secret | null;
  };
  readonly opencode: {
    readonly bin: string;
    readonly port: number | undefined;
    /** What opencode inherits: sessiond's environment without what is sessiond's own. */
    readonly env: NodeJS.ProcessEnv;
  };
}

export type Loaded =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Parses the environment; reports every problem at once, each with its variable's name and never with a secret. */
export function loadConfig(env: NodeJS.ProcessEnv): Loaded {
  const parsed = Environment.safeParse(withoutEmpty(env));
  const problems = parsed.success ? [] : parsed.error.issues.map(sentence);
  const key = readKey(env["SESSION_KEY_FILE"] ?? "");
  if (!key.ok && env["SESSION_KEY_FILE"]) problems.push(key.problem);
  if (!parsed.success || !key.ok) return { ok: false, problems };
  const values = parsed.data;
  return {
    ok: true,
    config: {
      hash: values.SESSION_HASH,
      sessionKey: key.secret,
      listen: listenOn(values),
      router: routerAddress(values),
      workspace: values.WORKSPACE,
      stateDir: values.STATE_DIR,
      initialMessageFile: values.INITIAL_MESSAGE_FILE,
      github: {
        socket: values.GIT_CREDENTIAL_SOCKET,
        origin: new URL(values.SESSIOND_GITHUB_ORIGIN).origin,
        token: githubToken(values),
      },
      opencode: { bin: values.OPENCODE_BIN, port: values.OPENCODE_PORT, env: inherited(env) },
    },
  };
}

/** The small build of zod has no texts of its own. */
const sentence = ({ path, code, message }: z.core.$ZodIssue): string =>
  `${path.join(".")}: ${code === "invalid_type" ? "must be set" : message === "Invalid input" ? "is not valid" : message}`;

type Values = z.infer<typeof Environment>;

const listenOn = (values: Values): Listen =>
  values.SESSIOND_SOCKET === undefined
    ? { kind: "tcp", address: values.SESSIOND_BIND, port: values.SESSIOND_PORT ?? 0 }
    : { kind: "socket", path: values.SESSIOND_SOCKET };

function routerAddress(values: Values): RouterAddress {
  if (values.ROUTER_URL_FILE !== undefined) return { kind: "file", path: values.ROUTER_URL_FILE };
  return values.ROUTER_URL === undefined ? { kind: "none" } : { kind: "fixed", url: values.ROUTER_URL };
}

/** What cannot be a token does not keep a session from starting. */
const githubToken = ({ SESSIOND_GITHUB_TOKEN: token }: Values): Secret | null =>
  token !== undefined && isGitHubToken(token) ? new Secret(token) : null;

const OWN = /^(?:SESSION_KEY_FILE|ROUTER_URL|ROUTER_URL_FILE|INITIAL_MESSAGE_FILE|SESSIOND_.*)$/;

const inherited = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !OWN.test(name)));

/** An empty variable means the same as none. */
const withoutEmpty = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));

type Key = { ok: true; secret: Secret } | { ok: false; problem: string };

function readKey(path: string): Key {
  try {
    const text = readFileSync(path, "utf8").trim();
    if (text.length >= 16) return { ok: true, secret: new Secret(text) };
    return { ok: false, problem: "SESSION_KEY_FILE: the key in the file is shorter than 16 characters" };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    return { ok: false, problem: `SESSION_KEY_FILE: the file cannot be read (${code})` };
  }
}
