import { stringify } from "yaml";
import type { EdgeOptions } from "./edge-options.ts";
import { middlewares } from "./middlewares.ts";
import { edgeRoutes } from "./routes.ts";

/** How Traefik itself runs, where it is ours. */
export interface TraefikOptions extends Pick<EdgeOptions, "entryPoint" | "tls" | "trustedIps"> {
  /** Where people's requests come to, as `:8000`. */
  readonly address: string;
  /** Health and metrics; no route leads there. */
  readonly insideAddress: string;
  /** Certificate of a TLS entry point, as files that are mounted. */
  readonly certificate?: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Where plain http comes to, only to be sent to https; not behind a tunnel. */
  readonly plainAddress?: string | undefined;
  /** Where the other half of the configuration is mounted; files further below it are read, too. */
  readonly dynamicFolder: string;
  /** What is deployed, as `3.6.12`. */
  readonly version: string;
}

/** How long Traefik goes on after it was told to end: new requests first, then what is open. The pod gets more. */
export const TRAEFIK_GRACE = { acceptSeconds: 10, openSeconds: 60 } as const;

/** `traefik.yml`. */
export function staticConfig(options: TraefikOptions): string {
  const { entryPoint, address, insideAddress, trustedIps, dynamicFolder, version } = options;
  const accept = `${TRAEFIK_GRACE.acceptSeconds}s`;
  return stringify({
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    // No access log: an attach password may stand in a URL. No API and no dashboard.
    log: { level: "WARN", format: "json" },
    ping: { entryPoint: "inside", terminatingStatusCode: 503 },
    metrics: { prometheus: { entryPoint: "inside" } },
    entryPoints: {
      [entryPoint]: {
        address,
        asDefault: true,
        forwardedHeaders: { insecure: false, trustedIPs: [...trustedIps] },
        http: { ...aliasHeaders(version), encodedCharacters: ALL_ENCODED },
        transport: {
          lifeCycle: { requestAcceptGraceTimeout: accept, graceTimeOut: `${TRAEFIK_GRACE.openSeconds}s` },
          // The time for reading counts the body: its default would end an upload after a minute.
          respondingTimeouts: { readTimeout: "0s", writeTimeout: "0s", idleTimeout: "180s" },
        },
      },
      ...plainEntryPoint(options),
      // It is there to say 503 for as long as new requests are taken.
      inside: { address: insideAddress, transport: { lifeCycle: { requestAcceptGraceTimeout: accept } } },
    },
    // Not the file: a mounted secret is changed by moving a link, which Traefik notices of a file's name the first time only.
    providers: { file: { directory: dynamicFolder, watch: true } },
  });
}

/** The port of the target is the public one: that of the entry point is known inside only. */
const plainEntryPoint = ({ plainAddress }: TraefikOptions): Record<string, unknown> =>
  plainAddress === undefined
    ? {}
    : {
        plain: {
          address: plainAddress,
          http: { redirections: { entryPoint: { to: ":443", scheme: "https", permanent: true } } },
        },
      };

/** What stands in a path is a dev server's business; versions differ in what they refuse by default. */
const ALL_ENCODED = Object.fromEntries(
  ["Slash", "BackSlash", "NullCharacter", "Semicolon", "Percent", "QuestionMark", "Hash"].map((character) => [
    `allowEncoded${character}`,
    true,
  ]),
);

/** Headers that some programs take for others, as `X_Auth_Request_Email`; the router does not. An unknown key ends Traefik. */
function aliasHeaders(version: string): Record<string, string> {
  if (isAtLeast(version, [3, 7, 12])) return { aliasHeadersStrategy: "delete" };
  const knows = isAtLeast(version, [3, 7, 6]) || (version.startsWith("3.6.") && isAtLeast(version, [3, 6, 22]));
  return knows ? { underscoreHeadersStrategy: "delete" } : {};
}

function isAtLeast(version: string, floor: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  for (const [index, wanted] of floor.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

/** The routes for Traefik's file provider. They hold the edge's secret. */
export function dynamicConfig(options: EdgeOptions, { certificate }: Pick<TraefikOptions, "certificate"> = {}): string {
  const { entryPoint, tls, services } = options;
  const routers = edgeRoutes(options).map(({ name, rule, priority, chain, service }) => [
    name,
    { rule, priority, service, entryPoints: [entryPoint], middlewares: [...chain], ...(tls ? { tls: {} } : {}) },
  ]);
  const targets = Object.entries(services).map(([name, { url }]) => [name, { loadBalancer: { servers: [{ url }] } }]);
  return stringify(
    {
      http: {
        routers: Object.fromEntries(routers),
        middlewares: middlewares(options),
        services: Object.fromEntries(targets),
      },
      ...(certificate ? { tls: { stores: { default: { defaultCertificate: { ...certificate } } } } } : {}),
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}
