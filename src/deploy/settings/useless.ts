import { KEYS, KEY_NAMES, type KeyName, type KeyValues } from "./keys.ts";

interface Condition {
  readonly keys: (name: KeyName) => boolean;
  /** Key that decides, and the values of it with which the others matter. */
  readonly decides: KeyName;
  readonly matters: readonly unknown[];
}

const oneOf =
  (...names: readonly KeyName[]) =>
  (name: KeyName): boolean =>
    names.includes(name);

const CONDITIONS: readonly Condition[] = [
  { keys: (name) => name.startsWith("auth.github"), decides: "auth.provider", matters: ["github"] },
  {
    keys: oneOf("auth.issuer", "auth.allowedGroups", "auth.cookieRefresh"),
    decides: "auth.provider",
    matters: ["oidc"],
  },
  {
    keys: oneOf("traefik.replicas", "traefik.resources", "traefik.trustedIps"),
    decides: "traefik.install",
    matters: [true],
  },
  {
    keys: oneOf("traefik.namespace", "traefik.podLabels", "traefik.entryPoint", "traefik.serviceUrl"),
    decides: "traefik.install",
    matters: [false],
  },
  { keys: oneOf("tunnel.token"), decides: "tunnel.kind", matters: ["token"] },
  { keys: oneOf("tunnel.credentials"), decides: "tunnel.kind", matters: ["credentials"] },
  { keys: oneOf("tunnel.replicas", "traefik.serviceUrl"), decides: "tunnel.kind", matters: ["token", "credentials"] },
  { keys: (name) => /^(service|tls)\./.test(name), decides: "tunnel.kind", matters: ["none"] },
  { keys: (name) => /^(service|tls)\./.test(name), decides: "traefik.install", matters: [true] },
  { keys: oneOf("dns.zoneId"), decides: "dns.manage", matters: [true] },
  { keys: oneOf("database.url"), decides: "database.kind", matters: ["url"] },
  { keys: oneOf("database.resources"), decides: "database.kind", matters: ["deploy"] },
  {
    keys: oneOf("database.storageClass", "database.storageSize"),
    decides: "database.kind",
    matters: ["embedded", "deploy"],
  },
  { keys: oneOf("auth.redisUrl"), decides: "auth.sessionStore", matters: ["redis", undefined] },
  {
    keys: oneOf("models.url", "models.minCount", "models.required"),
    decides: "models.source",
    matters: ["live"],
  },
];

/** Keys that were given another value than their default, and that nothing reads beside the other keys. */
export const uselessKeys = (values: Partial<KeyValues>): string[] =>
  KEY_NAMES.filter((name) => isGiven(values, name)).flatMap((name) => {
    const unmet = CONDITIONS.find(
      ({ keys, decides, matters }) =>
        keys(name) && Object.hasOwn(values, decides) && !matters.includes(values[decides]),
    );
    if (!unmet) return [];
    const is = `${unmet.decides} ${String(values[unmet.decides])}`;
    return [`${name}: has no effect with ${is}: remove it, or set ${unmet.decides} to ${String(unmet.matters[0])}`];
  });

/** Pulumi passes the defaults of Pulumi.yaml on as if they had been set. */
const isGiven = (values: Partial<KeyValues>, name: KeyName): boolean =>
  Object.hasOwn(values, name) && JSON.stringify(values[name]) !== JSON.stringify(KEYS[name].absent);
