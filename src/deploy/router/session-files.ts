import { dotenvLine } from "../settings/dotenv.ts";
import type { SessionSettings } from "../settings/settings.ts";

/** What the operator decided for all sessions, and the router reads at its start: content by the name of the file. */
export type SessionFiles = Readonly<Partial<Record<(typeof SESSION_FILES)[keyof typeof SESSION_FILES], string>>>;

export const SESSION_FILES = { env: "session.env", config: "opencode.json" } as const;

export function sessionFiles({
  env,
  ...sessions
}: Pick<SessionSettings, "env" | "secretEnv" | "configOverrides">): SessionFiles {
  const lines = Object.entries(env).map(([name, value]) => dotenvLine(name, value) ?? "");
  const overrides = configLayer(sessions);
  return {
    ...(lines.length === 0 ? {} : { [SESSION_FILES.env]: lines.join("") }),
    ...(overrides === undefined ? {} : { [SESSION_FILES.config]: `${JSON.stringify(overrides, null, 1)}\n` }),
  };
}

const FREE_KEY = "OPENROUTER_FREE_API_KEY";

/**
 * The free models use their own key only where there is one: the baked configuration gives them that of the others, so that
 * a person's own key is taken for both.
 */
const FREE_PROVIDER = { provider: { "openrouter-free": { options: { apiKey: `{env:${FREE_KEY}}` } } } };

type Layer = Readonly<Record<string, unknown>>;

function configLayer({ secretEnv, configOverrides }: Pick<SessionSettings, "secretEnv" | "configOverrides">) {
  if (!Object.hasOwn(secretEnv, FREE_KEY)) return configOverrides;
  return merged(FREE_PROVIDER, configOverrides ?? {});
}

/** As the init step of a session merges layers (`*` of jq): the later wins, objects are merged. */
const merged = (base: Layer, over: Layer): Layer => ({
  ...base,
  ...Object.fromEntries(
    Object.entries(over).map(([name, value]) => {
      const below = base[name];
      return [name, isLayer(below) && isLayer(value) ? merged(below, value) : value];
    }),
  ),
});

const isLayer = (value: unknown): value is Layer =>
  typeof value === "object" && value !== null && !Array.isArray(value);
