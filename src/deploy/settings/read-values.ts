import type { Key } from "./key.ts";
import { KEYS, KEY_NAMES, PROJECT, setCommand, type KeyName, type KeyValues } from "./keys.ts";
import { meant } from "./spelling.ts";

/** Keys of Pulumi itself, which it reads and we need not know. */
const PULUMIS_OWN = "pulumi";

/** What somebody would otherwise set for the default provider, which this program does not use. */
const ELSEWHERE: ReadonlyMap<string, KeyName> = new Map([
  ["kubernetes:kubeconfig", "kubeconfig"],
  ["kubernetes:context", "kubeContext"],
]);

/** What could be read of each key; what could not is among the problems. */
export interface ReadValues {
  readonly values: Partial<KeyValues>;
  readonly problems: readonly string[];
}

export function readValues(given: Readonly<Record<string, string>>, secretKeys: ReadonlySet<string>): ReadValues {
  const problems = Object.keys(given).flatMap((fullKey) => unknownKey(fullKey) ?? []);
  const values: Partial<Record<KeyName, unknown>> = {};
  for (const name of KEY_NAMES) {
    const fullKey = `${PROJECT}:${name}`;
    const text = Object.hasOwn(given, fullKey) ? (given[fullKey] ?? "").trim() : "";
    const result = readOne(name, text);
    if (result.ok) values[name] = result.value;
    else problems.push(...result.problems);
    if ("secret" in KEYS[name] && text !== "" && text !== "{}" && !secretKeys.has(fullKey))
      problems.push(`${name}: is a secret and stands in plain text: set it again with \`${setCommand(name)}\``);
  }
  return { values: values as Partial<KeyValues>, problems };
}

type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problems: string[] };

function readOne(name: KeyName, text: string): Read {
  const key: Key = KEYS[name];
  if (text === "")
    return key.required
      ? { ok: false, problems: [`${name}: is missing: \`${setCommand(name)}\``] }
      : { ok: true, value: key.absent };
  const result = key.schema.safeParse(text);
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, problems: result.error.issues.map((issue) => `${name}: ${issue.message}`) };
}

/** Why a key is none of ours, with what was probably meant. */
function unknownKey(fullKey: string): string | undefined {
  const colon = fullKey.indexOf(":");
  const namespace = fullKey.slice(0, Math.max(colon, 0));
  const name = fullKey.slice(colon + 1);
  if (namespace === PULUMIS_OWN || (namespace === PROJECT && Object.hasOwn(KEYS, name))) return undefined;
  const remove = `remove it with \`pulumi config rm ${fullKey}\``;
  if (namespace === PROJECT && KEY_NAMES.some((known) => known.startsWith(`${name}.`)))
    return `${name}: is a group, not a key: set its keys by their whole names, without --path, and ${remove}`;
  const near = ELSEWHERE.get(fullKey) ?? meant(name, KEY_NAMES);
  const hint =
    near === undefined ? remove : `did you mean ${near} (\`${setCommand(near)}\`)? If so, set that and ${remove}`;
  return namespace === PROJECT
    ? `${name}: is not known: ${hint}`
    : `${fullKey}: is not in the namespace ${PROJECT}, so nothing reads it: ${hint}`;
}
