import type { V1EnvFromSource, V1EnvVar } from "@kubernetes/client-node";
import { SESSION_MARK } from "../../contracts/names.ts";
import { SESSION_VARIABLES, type SessionVariable } from "../../contracts/session-variables.ts";
import type { SessionSpec } from "../runtime.ts";
import { SECRET_KEYS, usableSecrets, userSecretName } from "./build-secret.ts";
import { secretName } from "./objects.ts";
import type { PodOptions } from "./pod-options.ts";

/** Where the Secret and the model list are in a pod. All other paths are the image's. */
export const SECRET_FOLDER = "/run/session";
export const MODELS_FOLDER = "/config/models";

/** What the platform sets has to be on the list of `contracts`: nobody's secret may have such a name. */
type PlatformEnv = Partial<Record<SessionVariable, string>>;

export const configEnv = (spec: SessionSpec, options: PodOptions): V1EnvVar[] => [
  ...baseEnv(spec, options),
  ...plain({
    ...(options.modelsConfigMap === undefined ? {} : { MODELS_CONFIG: `${MODELS_FOLDER}/models.json` }),
    ...(options.hasOverrides ? { OVERRIDES_CONFIG: `${SECRET_FOLDER}/${SECRET_KEYS.overrides}` } : {}),
    GIT_USER_NAME: spec.owner.split("@")[0] ?? spec.owner,
    GIT_USER_EMAIL: spec.owner,
    ...githubEnv(options),
  } satisfies PlatformEnv),
];

export const workspaceEnv = (spec: SessionSpec, options: PodOptions): V1EnvVar[] => [
  ...baseEnv(spec, options).filter(({ name }) => name !== "GITHUB_TOKEN"),
  ...plain({
    REPO_URL: spec.repoUrl ?? "",
    BRANCH: spec.branch ?? "",
    SOURCE_BRANCH: spec.sourceBranch ?? "",
  } satisfies PlatformEnv),
  cloneToken(spec, options),
];

/** The token for GitHub that a clone takes: the one that git in the session will take, too. */
function cloneToken(spec: SessionSpec, { sessionEnv }: PodOptions): V1EnvVar {
  const name = "GITHUB_TOKEN";
  if (usableSecrets(spec.secrets).some(([secret]) => secret === name))
    return fromSecret(name, userSecretName(spec.owner), name);
  const operators = sessionEnv[name];
  return operators === undefined
    ? fromSecret(name, secretName(spec.hash), SECRET_KEYS.githubToken)
    : { name, value: literally(operators) };
}

const githubEnv = ({ githubOrigin }: PodOptions): PlatformEnv =>
  githubOrigin === undefined ? {} : { SESSIOND_GITHUB_ORIGIN: githubOrigin };

/** The environment of sessiond besides `sessiondEnvFrom`, of which it would win: a person's secret outranks the operator's variable. */
export function sessiondEnv(spec: SessionSpec, options: PodOptions): V1EnvVar[] {
  const secrets = new Set(usableSecrets(spec.secrets).map(([name]) => name));
  return [
    ...baseEnv(spec, options).filter(({ name }) => !secrets.has(name)),
    ...plain({
      SESSION_HASH: spec.hash,
      SESSION_KEY_FILE: `${SECRET_FOLDER}/${SECRET_KEYS.sessionKey}`,
      ROUTER_URL: options.routerUrl,
      ...githubEnv(options),
      ...(spec.initialMessage === null
        ? {}
        : { INITIAL_MESSAGE_FILE: `${SECRET_FOLDER}/${SECRET_KEYS.initialMessage}` }),
    } satisfies PlatformEnv),
    fromSecret("SESSIOND_GITHUB_TOKEN", secretName(spec.hash), SECRET_KEYS.githubToken),
  ];
}

/** Of two sources with the same variable, the later wins. */
export const sessiondEnvFrom = ({ owner }: SessionSpec, { apiKeySecret }: PodOptions): V1EnvFromSource[] =>
  [apiKeySecret, userSecretName(owner)].flatMap((name) =>
    name === undefined ? [] : [{ secretRef: { name, optional: true } }],
  );

/** These of the image's the operator may change. */
const DEFAULTS: readonly SessionVariable[] = ["PATH", "LANG", "TERM", "SHELL", "TZ"];
const OWN = new Set<string>(SESSION_VARIABLES.filter((name) => !DEFAULTS.includes(name)));

const baseEnv = (spec: SessionSpec, { sessionEnv, portUrlPattern }: PodOptions): V1EnvVar[] => [
  ...plain(Object.fromEntries(Object.entries(sessionEnv).filter(([name]) => !OWN.has(name)))),
  ...plain({
    [SESSION_MARK]: spec.hash,
    ...(portUrlPattern === undefined ? {} : { OPENCODE_ROUTER_PORT_URL: portUrlPattern(spec.hash) }),
  } satisfies PlatformEnv),
];

const plain = (values: Readonly<Record<string, string>>): V1EnvVar[] =>
  Object.entries(values).map(([name, value]) => ({ name, value: literally(value) }));

/** The kubelet puts variables in the place of `$(NAME)`, and one `$` in the place of two. */
const literally = (value: string): string => value.replaceAll("$", "$$$$");

/** None when the Secret or the key is not there. */
const fromSecret = (name: SessionVariable | "GITHUB_TOKEN", secret: string, key: string): V1EnvVar => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key, optional: true } },
});
