import { SESSION_MARK } from "./names.ts";

/** Every variable that the platform itself sets for the processes of a session. */
export const SESSION_VARIABLES = [
  "PATH",
  "LANG",
  "TERM",
  "SHELL",
  "TZ",
  "HOME",
  "GIT_CONFIG_SYSTEM",
  "STATE_DIR",
  "WORKSPACE",
  SESSION_MARK,
  "OPENCODE_ROUTER_PORT_URL",
  "BAKED_CONFIG",
  "MODELS_CONFIG",
  "OVERRIDES_CONFIG",
  "REPO_URL",
  "BRANCH",
  "SOURCE_BRANCH",
  "SESSION_HASH",
  "SESSION_KEY_FILE",
  "SESSIOND_SOCKET",
  "SESSIOND_PORT",
  "SESSIOND_BIND",
  "ROUTER_URL",
  "ROUTER_URL_FILE",
  "OPENCODE_BIN",
  "OPENCODE_PORT",
  "INITIAL_MESSAGE_FILE",
  "GIT_USER_NAME",
  "GIT_USER_EMAIL",
  "GIT_CREDENTIAL_SOCKET",
  "SESSIOND_GITHUB_TOKEN",
  "SESSIOND_GITHUB_ORIGIN",
] as const;
export type SessionVariable = (typeof SESSION_VARIABLES)[number];

/**
 * Others that change what programs load, run or trust before they do anything: a value that was meant as a secret would
 * break the session, or run in sessiond. Tokens of package registries are let through by name.
 */
const DANGEROUS: readonly RegExp[] = [
  /^(USER|LOGNAME|PWD|OLDPWD|TMPDIR|TMP|TEMP|IFS|ENV|CDPATH|PS4|PROMPT_COMMAND|SHELLOPTS|BASHOPTS)$/,
  /^(LD|DYLD|XDG|LC|BASH|OPENCODE|SESSIOND|GIT_CONFIG|GIT_SSH)(_|$)/,
  /^(NODE|BUN)_(?!AUTH_TOKEN$)/,
  /^GIT_(DIR|WORK_TREE|COMMON_DIR|INDEX_FILE|OBJECT_DIRECTORY|NAMESPACE|EXEC_PATH|TEMPLATE_DIR|ALLOW_PROTOCOL)$/,
  /^(PERL5OPT|PERL5LIB|PYTHONHOME|PYTHONPATH|PYTHONSTARTUP|RUBYOPT|RUBYLIB|JAVA_TOOL_OPTIONS|GCONV_PATH)$/,
];

/** Whether a variable belongs to the platform, or would change how the session's own programs start. */
export const isReservedVariable = (name: string): boolean =>
  (SESSION_VARIABLES as readonly string[]).includes(name) || DANGEROUS.some((pattern) => pattern.test(name));
