import { setCommand, type KeyValues } from "./keys.ts";
import { rule, type Rule } from "./rule.ts";
import type { EntranceSettings, TlsSettings, TraefikSettings } from "./settings.ts";

export function composeTraefik(values: KeyValues): TraefikSettings {
  if (values["traefik.install"])
    return {
      install: true,
      replicas: values["traefik.replicas"],
      resources: values["traefik.resources"],
      trustedIps: values["traefik.trustedIps"],
    };
  const namespace = values["traefik.namespace"] ?? "";
  const serviceUrl = values["traefik.serviceUrl"] ?? `http://traefik.${namespace}.svc.cluster.local:80`;
  // A tunnel that sends plain http comes to the entry point without TLS.
  const isPlain = values["tunnel.kind"] !== "none" && serviceUrl.startsWith("http:");
  return {
    install: false,
    namespace,
    podLabels: values["traefik.podLabels"],
    entryPoint: values["traefik.entryPoint"] ?? (isPlain ? "web" : "websecure"),
    serviceUrl: serviceUrl.replace(/\/$/, ""),
  };
}

export function composeEntrance(values: KeyValues): EntranceSettings {
  const { "tunnel.token": token, "tunnel.credentials": credentials, "tunnel.replicas": replicas } = values;
  if (values["tunnel.kind"] === "token" && token)
    return { kind: "tunnel", replicas, tunnel: { kind: "token", token: token.secret, id: token.id } };
  if (values["tunnel.kind"] === "credentials" && credentials)
    return {
      kind: "tunnel",
      replicas,
      tunnel: { kind: "credentials", credentials: credentials.secret, id: credentials.id },
    };
  if (!values["traefik.install"]) return { kind: "existing-traefik" };
  return {
    kind: "service",
    type: values["service.type"],
    annotations: values["service.annotations"],
    loadBalancerClass: values["service.loadBalancerClass"],
    allowedCidrs: values["service.allowedCidrs"],
    nodePort: values["service.nodePort"] === 0 ? undefined : values["service.nodePort"],
    tls: composeTls(values),
  };
}

const composeTls = ({ "tls.certificate": certificate, "tls.key": key, ...values }: KeyValues): TlsSettings =>
  certificate !== undefined && key !== undefined
    ? { kind: "pem", certificate, key }
    : { kind: "secret", name: values["tls.secretName"] ?? "" };

export function entranceWarnings(values: KeyValues): string[] {
  const { domain, sessionDomain = domain } = values;
  return values["tunnel.kind"] === "none" || sessionDomain === domain
    ? []
    : [
        `sessionDomain: Cloudflare's usual certificate holds for one label below ${domain}, and not for *.${sessionDomain}: order one that does`,
      ];
}

/** Which of the two is missing or too much, for each kind of tunnel. */
const TUNNEL_SECRETS = { token: "tunnel.token", credentials: "tunnel.credentials" } as const;

export const ENTRANCE_RULES: readonly Rule[] = [
  ...(["token", "credentials"] as const).map((kind) =>
    rule(["tunnel.kind", TUNNEL_SECRETS[kind]], (values) => [
      values["tunnel.kind"] === kind &&
        values[TUNNEL_SECRETS[kind]] === undefined &&
        `${TUNNEL_SECRETS[kind]}: is missing with tunnel.kind ${kind}: \`${setCommand(TUNNEL_SECRETS[kind])}\`, or \`${setCommand("tunnel.kind", "none")}\``,
    ]),
  ),
  rule(["traefik.install", "traefik.namespace"], (values) => [
    !values["traefik.install"] &&
      values["traefik.namespace"] === undefined &&
      `traefik.namespace: is missing with traefik.install false: \`${setCommand("traefik.namespace")}\``,
  ]),
  rule(["tunnel.kind", "traefik.install", "tls.secretName", "tls.certificate", "tls.key"], (values) => {
    const { "tls.secretName": name, "tls.certificate": certificate, "tls.key": key } = values;
    return [
      (certificate === undefined) !== (key === undefined) &&
        (key === undefined
          ? `tls.key: is missing beside tls.certificate: \`${setCommand("tls.key")} < key.pem\``
          : "tls.certificate: is missing beside tls.key: `pulumi config set tls.certificate < certificate.pem`"),
      name !== undefined &&
        (certificate !== undefined || key !== undefined) &&
        "tls.secretName: give it or tls.certificate with tls.key, not both",
      values["tunnel.kind"] === "none" &&
        values["traefik.install"] &&
        name === undefined &&
        certificate === undefined &&
        key === undefined &&
        "tls.secretName: without a tunnel, Traefik needs a certificate of the wildcard: set it, or tls.certificate and tls.key",
    ];
  }),
  rule(["service.type", "service.nodePort"], (values) => [
    values["service.nodePort"] !== 0 &&
      values["service.nodePort"] < 1024 &&
      "service.nodePort: must be a port that the nodes may give, usually from 30000 to 32767",
    values["service.type"] === "ClusterIP" &&
      values["service.nodePort"] !== 0 &&
      "service.nodePort: a Service of type ClusterIP has none: remove it, or set service.type NodePort",
  ]),
  rule(["tunnel.kind", "dns.manage", "dns.zoneId"], (values) => [
    values["dns.manage"] &&
      values["tunnel.kind"] === "none" &&
      "dns.manage: the record that it makes is of a tunnel: set it to false, and make the record for the Service yourself",
    values["dns.manage"] &&
      values["dns.zoneId"] === undefined &&
      `dns.zoneId: is missing with dns.manage true: \`${setCommand("dns.zoneId")}\` with the zone's id of 32 digits`,
    values["dns.zoneId"] !== undefined &&
      !/^[0-9a-f]{32}$/.test(values["dns.zoneId"]) &&
      "dns.zoneId: must be the 32 hexadecimal digits that Cloudflare shows on the domain's overview",
  ]),
];
