import { delimiter, dirname } from "node:path";
import { SESSION_MARK } from "../../contracts/names.ts";
import type { SessionVariable } from "../../contracts/session-variables.ts";
import { secretNameProblem } from "../../contracts/user-secret.ts";
import type { SessionSpec } from "../runtime.ts";
import type { Settings } from "./options.ts";
import type { SessionFolder } from "./session-folder.ts";

export type Env = Record<string, string>;

/** What the platform sets has to be on the list of `contracts`: nobody's secret may have such a name. */
type PlatformEnv = Partial<Record<SessionVariable, string>>;

export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * What every process of a session starts with. Built from nothing, so that no variable of the router (its secrets, its
 * Node options) gets into a session. The operator's variables may change the defaults but not what names the session.
 */
export function baseEnv(settings: Settings, spec: SessionSpec, folder: SessionFolder): Env {
  const defaults = {
    PATH: [settings.path, dirname(settings.nodePath)].join(delimiter),
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    SHELL: "/bin/bash",
    TZ: Intl.DateTimeFormat().resolvedOptions().timeZone,
  } satisfies PlatformEnv;
  const own = {
    HOME: folder.home,
    GIT_CONFIG_SYSTEM: folder.gitConfig,
    STATE_DIR: folder.state,
    WORKSPACE: folder.workspace,
    [SESSION_MARK]: spec.hash,
    ...(settings.portUrlPattern === undefined ? {} : { OPENCODE_ROUTER_PORT_URL: settings.portUrlPattern(spec.hash) }),
  } satisfies PlatformEnv;
  return { ...defaults, ...settings.sessionEnv, ...own };
}

/** The owner's secrets. Whatever is stored, none takes the place of what the platform or the session's programs rely on. */
export const secretEnv = ({ secrets }: SessionSpec): Env =>
  Object.fromEntries(
    Object.entries(secrets)
      .filter(([name]) => secretNameProblem(name) === undefined)
      .map(([name, secret]) => [name, secret.reveal()]),
  );

/** The token for GitHub that a clone takes: the one that git in the session will take, too. */
export const cloneTokenEnv = ({ sessionEnv }: Pick<Settings, "sessionEnv">, spec: SessionSpec): Env => {
  const GITHUB_TOKEN = secretEnv(spec)["GITHUB_TOKEN"] ?? sessionEnv["GITHUB_TOKEN"] ?? spec.githubToken?.reveal();
  return GITHUB_TOKEN === undefined ? {} : { GITHUB_TOKEN };
};

export const configEnv = (settings: Settings, { owner }: SessionSpec): PlatformEnv => ({
  BAKED_CONFIG: settings.bakedConfig,
  ...(settings.modelsFile === undefined ? {} : { MODELS_CONFIG: settings.modelsFile }),
  ...(settings.overridesFile === undefined ? {} : { OVERRIDES_CONFIG: settings.overridesFile }),
  GIT_USER_NAME: owner.split("@")[0] ?? owner,
  GIT_USER_EMAIL: owner,
});

export const workspaceEnv = (spec: SessionSpec): PlatformEnv => ({
  REPO_URL: spec.repoUrl ?? "",
  BRANCH: spec.branch ?? "",
  SOURCE_BRANCH: spec.sourceBranch ?? "",
});

export const sessiondEnv = (settings: Settings, spec: SessionSpec, folder: SessionFolder): PlatformEnv => ({
  SESSION_HASH: spec.hash,
  SESSION_KEY_FILE: folder.key,
  SESSIOND_SOCKET: folder.socket,
  ROUTER_URL_FILE: settings.routerUrlFile,
  OPENCODE_BIN: settings.opencodeBin,
  GIT_CREDENTIAL_SOCKET: folder.gitSocket,
  ...(settings.github === undefined ? {} : { SESSIOND_GITHUB_ORIGIN: settings.github.origin }),
  ...(spec.githubToken === null ? {} : { SESSIOND_GITHUB_TOKEN: spec.githubToken.reveal() }),
  ...(spec.initialMessage === null ? {} : { INITIAL_MESSAGE_FILE: folder.initialMessage }),
});
