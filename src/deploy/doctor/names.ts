import { failed, ok, skipped, type Check, type Verdict } from "./check.ts";
import { DOORS, doorUrl, type Platform } from "./platform.ts";

/** The addresses of a name. @throws when it has none */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** The names that people and programs look up: any session is found by the wildcard alone. */
export function nameChecks(platform: Platform, resolve: Resolve): Check[] {
  const hosts = {
    "the main host": platform.url.hostname,
    "the sign-in's host": platform.callbackUrl.hostname,
    ...Object.fromEntries(
      DOORS.filter((door) => door !== "main").map((door) => [
        `a session's ${door} host`,
        doorUrl(door, platform).hostname,
      ]),
    ),
  };
  return Object.entries(hosts).map(([whose, host]) => ({
    title: `${whose} has an address`,
    run: async () => judgeName(host, await resolve(host).catch(() => []), platform),
  }));
}

/** @param addresses none: the name does not resolve */
export function judgeName(
  host: string,
  addresses: readonly string[],
  { dnsRecords, hosts }: Pick<Platform, "dnsRecords" | "hosts">,
): Verdict {
  if (addresses.length > 0) return ok(`${host} leads to ${addresses.join(", ")}.`);
  // Browsers need no name server for these, and other programs may have none that knows them.
  if (host.endsWith(".localhost")) return skipped(`${host} is this machine for browsers; here it has no address.`);
  const records = dnsRecords.length > 0 ? dnsRecords.join("; ") : `*.${hosts.sessionDomain} → where the edge is`;
  return failed(`${host} does not resolve. Records that the domain needs: ${records}. A new one takes some minutes.`);
}
