import { KEYS, KEY_NAMES, PROJECT, type KeyName } from "./keys.ts";
import type { Key } from "./key.ts";

interface Declaration {
  readonly type?: string;
  readonly items?: { readonly type: string };
  readonly default: unknown;
  readonly description: string;
}

/**
 * Pulumi compiles TypeScript by a ts-node of its own, which knows neither modules nor imports of `.ts`; tsx does, on each Node that
 * the project runs on. Node looks for tsx from where Pulumi starts it: the folder of Pulumi.yaml.
 */
const RUNTIME = { name: "nodejs", options: { typescript: false, nodeargs: "--import tsx" } };

/** What Pulumi.yaml holds. */
export const pulumiProject = () => ({
  name: PROJECT,
  runtime: RUNTIME,
  description: "Coding-agent sessions for a team, on one Kubernetes cluster",
  config: Object.fromEntries(KEY_NAMES.map((name) => [declaredName(name), declaration(KEYS[name])])),
});

/** Pulumi takes a declared name for a path, so that `auth.clientId` would be a value within the key `auth`. */
const declaredName = (name: KeyName): string => (name.includes(".") ? `["${name}"]` : name);

/**
 * Every key has a default, and none is declared as a secret: Pulumi would stop at a key that is missing or in plain text
 * before the program can tell of all problems, and would demand secrets that are optional. A list may be written with
 * commas, a secret object is set as one text: neither has a type that Pulumi knows.
 */
function declaration(key: Key): Declaration {
  const description = `${key.about.replaceAll("`", "")}${key.required ? ". Required" : ""}${key.secret ? ". A secret" : ""}`;
  if (key.secret) return { ...(key.type === "string" ? { type: "string" } : {}), default: "", description };
  if (key.type === "list") return { default: key.absent, description };
  if (key.type === "array") return { type: "array", items: { type: "object" }, default: key.absent, description };
  return { type: key.type, default: key.absent ?? "", description };
}

/** The table of the README. */
export const settingsTable = (): string =>
  [
    "| key | type | default | what it does |",
    "| --- | --- | --- | --- |",
    ...Object.entries<Key>(KEYS).map(
      ([name, key]) =>
        `| \`${name}\`${key.secret ? " 🔒" : ""} | ${key.type} | ${key.required ? "required" : shownDefault(key.absent)} | ${key.about.replaceAll("|", "\\|")} |`,
    ),
  ].join("\n");

function shownDefault(value: unknown): string {
  if (value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0))
    return "";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}
