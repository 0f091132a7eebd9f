import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { httpProbes, type Container } from "../edge/edge-program.ts";
import { PROGRAMS } from "../objects/programs.ts";
import type { Settings } from "../settings/settings.ts";
import { oauth2ProxyFlags, SIGN_IN_VARIABLES } from "./oauth2-proxy-flags.ts";

export type SignInSlice = Pick<Settings, "hosts" | "images" | "auth" | "cluster">;

/** Keys of the Secret, by what the variables are called in `SIGN_IN_VARIABLES`. */
export const SECRET_KEYS = {
  clientSecret: "client-secret",
  cookieSecret: "cookie-secret",
  redisUrl: "redis-url",
} as const;
export const EMAILS_KEY = "emails";

const EMAILS_FOLDER = "/etc/oauth2-proxy";

/** Where pods have their addresses: RFC 1918, the shared space of RFC 6598 that some clouds give to pods, and IPv6's own. */
const PRIVATE_RANGES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/**
 * Who may say `X-Forwarded-*`: any pod's address, because nothing tells before which ones Traefik will have. It is no wall against
 * other pods, which the network policies are; it keeps what comes from outside of the cluster from being believed. Ranges
 * of pods that are not private are in the settings; and the nodes', for a Traefik that is there may be in their network.
 */
export const trustedProxies = ({ podCidrs, nodeCidrs }: Settings["cluster"]): string[] => [
  ...new Set([...PRIVATE_RANGES, ...podCidrs, ...nodeCidrs]),
];

/** The list that is mounted, one address a line; undefined where no addresses are named. */
export const emailsText = ({ allowedEmails }: Settings["auth"]): string | undefined =>
  allowedEmails.length === 0 ? undefined : allowedEmails.map((email) => `${email}\n`).join("");

export function signInFlags({ hosts, auth, cluster }: SignInSlice): string[] {
  const { http, metrics } = PROGRAMS["oauth2-proxy"].ports;
  return oauth2ProxyFlags({
    provider: auth.provider,
    clientId: auth.clientId,
    scopes: auth.scopes,
    emailsFile: emailsText(auth) === undefined ? undefined : `${EMAILS_FOLDER}/${EMAILS_KEY}`,
    emailDomains: auth.allowedEmailDomains,
    domain: hosts.domain,
    oauthHost: hosts.oauthHost,
    proto: "https",
    cookieName: auth.cookieName,
    cookieExpire: auth.cookieExpire,
    cookieRefresh: auth.cookieRefresh,
    store: auth.sessionStore.kind,
    trustedProxies: trustedProxies(cluster),
    address: `0.0.0.0:${http}`,
    metricsAddress: `0.0.0.0:${metrics}`,
  });
}

/** Seconds in which the other proxies learn that a pod goes, before it stops to listen: it would do so at once. */
const LEAVE_SECONDS = 10;
export const SIGN_IN_GRACE_SECONDS = LEAVE_SECONDS + 30;

export const signInContainer = (of: SignInSlice, secret: pulumi.Input<string>): Omit<Container, "name"> => ({
  image: of.images.oauth2Proxy,
  args: signInFlags(of),
  env: Object.entries(SECRET_KEYS)
    .filter(([name]) => name !== "redisUrl" || of.auth.sessionStore.kind === "redis")
    .map(([name, key]) => ({
      name: SIGN_IN_VARIABLES[name as keyof typeof SECRET_KEYS],
      valueFrom: { secretKeyRef: { name: secret, key } },
    })),
  resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  // `ready` asks the store, too: without it nobody who is signed in is known.
  ...httpProbes({ path: "/ping", port: "http" }, { path: "/ready", port: "http" }),
  // The image has no program that could sleep; the kubelet can, since Kubernetes 1.30.
  lifecycle: { preStop: { sleep: { seconds: LEAVE_SECONDS } } },
  volumeMounts: emailsText(of.auth) === undefined ? [] : [{ name: "emails", mountPath: EMAILS_FOLDER, readOnly: true }],
});

export const signInVolumes = (emails: pulumi.Input<string> | undefined): types.input.core.v1.Volume[] =>
  emails === undefined ? [] : [{ name: "emails", secret: { secretName: emails } }];
