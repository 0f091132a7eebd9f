import { EDGE_KEYS } from "./edge-keys.ts";
import type { Key } from "./key.ts";
import { WORKLOAD_KEYS } from "./workload-keys.ts";

/** The project's name in Pulumi.yaml, which is the namespace of all keys. */
export const PROJECT = "opencode-router";

/** Everything that can be configured: what is read, what Pulumi.yaml declares and what the README tells. */
export const KEYS = { ...EDGE_KEYS, ...WORKLOAD_KEYS } as const satisfies Record<string, Key>;

export type KeyName = keyof typeof KEYS;
export type KeyValues = { readonly [K in KeyName]: (typeof KEYS)[K]["absent"] };

export const KEY_NAMES = Object.keys(KEYS) as readonly KeyName[];

/** The command that gives a key its value. */
export const setCommand = (name: KeyName, value = "…"): string =>
  "secret" in KEYS[name] ? `pulumi config set --secret ${name}` : `pulumi config set ${name} ${value}`;
