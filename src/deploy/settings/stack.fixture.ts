import { KEYS, PROJECT, type KeyName } from "./keys.ts";
import { readSettings, SettingsError } from "./read-settings.ts";
import type { Settings } from "./settings.ts";

export const TUNNEL_ID = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
export const TOKEN = Buffer.from(JSON.stringify({ a: "account", t: TUNNEL_ID, s: "c2VjcmV0" })).toString("base64");
export const CREDENTIALS = JSON.stringify({ AccountTag: "account", TunnelID: TUNNEL_ID, TunnelSecret: "c2VjcmV0" });
export const DOCKER_CONFIG = JSON.stringify({ auths: { "ghcr.io": { auth: "YTpi" } } });

/** The five-minute path: what somebody with a domain, an OAuth App and a tunnel sets. */
export const GITHUB: Readonly<Record<string, string>> = {
  domain: "example.org",
  "auth.clientId": "Iv1.0123456789abcdef",
  "auth.clientSecret": "0123456789abcdef",
  "auth.githubOrg": "acme",
  "tunnel.token": TOKEN,
  "images.registry": "ghcr.io/acme",
};

/** For Pulumi, the empty text is nothing. */
export const dropping = (...names: readonly KeyName[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, ""]));

/** The settings of the five-minute path with other values in it; secrets are secret but for those named. */
export function read(given: Readonly<Record<string, string>>, inPlainText: readonly string[] = []): Settings {
  const values = Object.entries({ ...GITHUB, ...given }).map(
    ([name, value]) => [name.includes(":") ? name : `${PROJECT}:${name}`, value] as const,
  );
  const secrets = Object.entries(KEYS)
    .filter(([name, key]) => "secret" in key && !inPlainText.includes(name))
    .map(([name]) => `${PROJECT}:${name}`);
  return readSettings(Object.fromEntries(values), new Set(secrets));
}

/** What is wrong with it; nothing when it can be used. */
export function problemsOf(given: Readonly<Record<string, string>>, inPlainText: readonly string[] = []) {
  try {
    read(given, inPlainText);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}
