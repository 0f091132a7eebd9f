import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { isAllowedHost } from "../../contracts/git-names.ts";
import { isPublicAddress } from "../../lib/ip-ranges.ts";
import { invalid, type RemoteProblem, unreachable } from "./remote-result.ts";

/** All addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const systemResolve: Resolve = async (host) => (await lookup(host, { all: true })).map((found) => found.address);

export interface HostRules {
  readonly allowedHosts: readonly string[];
  readonly resolve: Resolve;
}

/**
 * Looks a host up once and tells the addresses that may be connected to. Whoever connects uses these and does not look up
 * again: the second answer could be another.
 */
export async function resolveHost(
  place: { readonly host: string; readonly port: number },
  { allowedHosts, resolve }: HostRules,
): Promise<{ readonly ok: true; readonly addresses: readonly string[] } | RemoteProblem> {
  const addresses = await resolve(place.host).catch(() => []);
  if (addresses.length === 0) return unreachable(`The host ${place.host} is not known. Check the URL.`);
  // What is no address would be resolved by somebody else.
  const acceptable = isAllowedHost(place, allowedHosts)
    ? addresses.every((address) => isIP(address) > 0)
    : addresses.every(isPublicAddress);
  if (acceptable) return { ok: true, addresses };
  return invalid(
    `The host ${place.host} has a private address, so it is not asked. An administrator can list it in ALLOWED_GIT_HOSTS.`,
  );
}
