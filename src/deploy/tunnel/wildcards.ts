import type { HostSettings } from "../settings/settings.ts";

/**
 * The names that must lead to the edge: one label below the domain, sessions below a domain of theirs, and the domain itself where it
 * is the main host, since a wildcard is not about it.
 */
export const hostsOfEdge = ({ domain, mainHost, oauthHost, sessionDomain }: HostSettings): readonly string[] => [
  `*.${domain}`,
  ...(sessionDomain === domain ? [] : [`*.${sessionDomain}`]),
  ...([mainHost, oauthHost].includes(domain) ? [domain] : []),
];
