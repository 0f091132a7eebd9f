import { randomBytes } from "node:crypto";
import { z } from "zod";
import { formatHost, type Host, type HostGrammar } from "../../contracts/hosts.ts";
import { SessionHash } from "../../contracts/session-hash.ts";
import { composeHosts } from "../settings/hosts.ts";
import type { KeyName, KeyValues } from "../settings/keys.ts";
import { readValues } from "../settings/read-values.ts";
import type { Settings } from "../settings/settings.ts";
import type { StackConfig } from "../stack/stack-config.ts";

/** What there is to look at. */
export interface Platform {
  /** The main page. Its scheme and port are those of all hosts. */
  readonly url: URL;
  readonly callbackUrl: URL;
  readonly hosts: HostGrammar;
  /** The records that the domain needs, as people write them. */
  readonly dnsRecords: readonly string[];
  /** Of the OAuth App, where it is known. */
  readonly clientId?: string | undefined;
  /** Undefined: nobody said which. */
  readonly cluster?: ClusterFacts | undefined;
  /** Why nothing answers yet. */
  readonly notDeployed?: string | undefined;
}

export interface ClusterFacts {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespaces: Settings["namespaces"];
  /** Which storage classes are asked for, by the key that says so; undefined: the default one. */
  readonly storageClasses: readonly { readonly key: KeyName; readonly name: string | undefined }[];
}

/** Those of the stack's outputs that matter here. */
const Outputs = z.object({
  url: z.url().optional(),
  callbackUrl: z.url().optional(),
  dnsRecords: z
    .array(z.looseObject({ type: z.string(), name: z.string(), content: z.string() }))
    .catch([])
    .default([]),
});

const namespacesOf = (name: string): Settings["namespaces"] => ({
  edge: `${name}-edge`,
  system: `${name}-system`,
  sessions: `${name}-sessions`,
});

/** @param outputs what `pulumi stack output --json` tells */
export function platformOfStack(config: StackConfig, outputs: unknown): Platform {
  const { values } = readValues(config.texts(), new Set());
  if (values.domain === undefined) throw new Error("This stack has no domain: say `make init`, then `make up`.");
  const known = values as KeyValues;
  const { domain: _domain, oauthHost, ...hosts } = composeHosts(known);
  const { url, callbackUrl, dnsRecords } = Outputs.parse(outputs);
  const { kubeconfig, kubeContext: context, name } = known;
  return {
    url: new URL(url ?? `https://${hosts.mainHost}`),
    callbackUrl: new URL(callbackUrl ?? `https://${oauthHost}/oauth2/callback`),
    hosts,
    dnsRecords: dnsRecords.map((record) => `${record.type} ${record.name} → ${record.content}`),
    clientId: known["auth.clientId"],
    cluster: { kubeconfig, context, namespaces: namespacesOf(name), storageClasses: storageClasses(known) },
    notDeployed: url === undefined ? "the stack is not deployed yet: `make up`." : undefined,
  };
}

const storageClasses = (values: KeyValues): ClusterFacts["storageClasses"] => [
  { key: "sessions.storageClass", name: values["sessions.storageClass"] },
  ...(values["database.kind"] === "url"
    ? []
    : [{ key: "database.storageClass", name: values["database.storageClass"] } as const]),
];

/** Variables that describe a platform which somebody else has deployed. */
export interface ForeignPlatform {
  readonly DOCTOR_URL?: string | undefined;
  readonly DOCTOR_CALLBACK_URL?: string | undefined;
  readonly DOCTOR_SESSION_DOMAIN?: string | undefined;
  readonly DOCTOR_ROUTE_SUFFIX?: string | undefined;
  readonly DOCTOR_ATTACH_PREFIX?: string | undefined;
  readonly DOCTOR_CONTEXT?: string | undefined;
  readonly DOCTOR_NAME?: string | undefined;
}

/** What is not said is as in a stack without those keys. */
export function foreignPlatform(env: ForeignPlatform & { readonly DOCTOR_URL: string }): Platform {
  const url = new URL(env.DOCTOR_URL);
  const domain = env.DOCTOR_SESSION_DOMAIN || url.hostname.slice(url.hostname.indexOf(".") + 1);
  const port = url.port === "" ? "" : `:${url.port}`;
  return {
    url,
    callbackUrl: new URL(env.DOCTOR_CALLBACK_URL || `${url.protocol}//oauth.${domain}${port}/oauth2/callback`),
    hosts: {
      mainHost: url.hostname,
      sessionDomain: domain,
      routeSuffix: env.DOCTOR_ROUTE_SUFFIX || "-oc",
      attachPrefix: env.DOCTOR_ATTACH_PREFIX || "attach-",
    },
    dnsRecords: [],
    cluster: env.DOCTOR_CONTEXT
      ? {
          kubeconfig: undefined,
          context: env.DOCTOR_CONTEXT,
          namespaces: namespacesOf(env.DOCTOR_NAME || "opencode"),
          storageClasses: [],
        }
      : undefined,
  };
}

/** Every way in, at a session that does not exist. */
export const DOORS = ["main", "session", "port", "ide", "attach"] as const satisfies readonly Host["kind"][];
export type Door = (typeof DOORS)[number];

/** A page behind a door. Each call names another session, so that no limit of attempts is reached. */
export function doorUrl(door: Door, { url, hosts }: Pick<Platform, "url" | "hosts">): URL {
  const hash = SessionHash.parse(randomBytes(6).toString("hex"));
  const host: Host =
    door === "main" ? { kind: door } : door === "port" ? { kind: door, hash, port: 5173 } : { kind: door, hash };
  const port = url.port === "" ? "" : `:${url.port}`;
  return new URL(`${url.protocol}//${formatHost(host, hosts)}${port}${door === "main" ? "/api/me" : "/"}`);
}
