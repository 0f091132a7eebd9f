import { grammarProblems, parseHost } from "../../contracts/hosts.ts";
import type { KeyValues } from "./keys.ts";
import { rule, type Rule } from "./rule.ts";
import type { HostSettings } from "./settings.ts";

const HOST_KEYS = ["domain", "mainHost", "oauthHost", "sessionDomain", "routeSuffix", "attachPrefix"] as const;
type HostValues = Pick<KeyValues, (typeof HOST_KEYS)[number]>;

const fullName = (hostOrLabel: string, domain: string): string =>
  hostOrLabel.includes(".") ? hostOrLabel : `${hostOrLabel}.${domain}`;

export const composeHosts = ({ domain, ...values }: HostValues): HostSettings => ({
  domain,
  mainHost: fullName(values.mainHost, domain),
  oauthHost: fullName(values.oauthHost, domain),
  sessionDomain: values.sessionDomain ?? domain,
  routeSuffix: values.routeSuffix,
  attachPrefix: values.attachPrefix,
});

const isBelow = (host: string, domain: string): boolean => host.endsWith(`.${domain}`);
const isOneLabelBelow = (host: string, domain: string): boolean =>
  isBelow(host, domain) && !host.slice(0, -domain.length - 1).includes(".");

export const HOST_RULES: readonly Rule[] = [
  rule(["routeSuffix", "attachPrefix"], (values) => [
    !values.routeSuffix.startsWith("-") && "routeSuffix: must start with a hyphen, as in -oc",
    ...grammarProblems({ ...values, mainHost: "", sessionDomain: "" }).map((sentence) =>
      sentence.replaceAll("ATTACH_ROUTE_PREFIX", "attachPrefix").replaceAll("ROUTE_SUFFIX", "routeSuffix"),
    ),
  ]),
  rule(HOST_KEYS, (values) => {
    const hosts = composeHosts(values);
    const named = { mainHost: hosts.mainHost, oauthHost: hosts.oauthHost };
    return Object.entries(named).flatMap(([key, host]) => [
      host !== hosts.domain &&
        !isOneLabelBelow(host, hosts.domain) &&
        `${key}: ${host} must be ${hosts.domain} or one label below it, where its certificate, its DNS record and the sign-in's cookie hold`,
      host.length > 253 && `${key}: ${host} is longer than the 253 characters of a host name`,
      parseHost(host, { ...hosts, mainHost: "" }) !== undefined &&
        `${key}: ${host} is the host of a session: choose a label that is not of that form`,
    ]);
  }),
  rule(HOST_KEYS, (values) => {
    const { mainHost, oauthHost, sessionDomain, domain } = composeHosts(values);
    return [
      mainHost === oauthHost && `oauthHost: must differ from mainHost, ${mainHost}`,
      // The longest label of a session is the port host's or the attach host's: at most 63 by the grammar.
      sessionDomain.length > 253 - 64 &&
        `${values.sessionDomain === undefined ? "domain" : "sessionDomain"}: is too long: its sessions' hosts have up to 64 characters more, of at most 253`,
      sessionDomain !== domain &&
        !isBelow(sessionDomain, domain) &&
        `sessionDomain: must be ${domain} or below it, for the sign-in's cookie is not sent to other domains`,
      sessionDomain === mainHost && mainHost !== domain && `sessionDomain: must differ from mainHost, ${mainHost}`,
      sessionDomain === oauthHost && `sessionDomain: must differ from oauthHost, ${oauthHost}`,
    ];
  }),
];
