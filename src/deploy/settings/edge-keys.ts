import { certificatePem, dockerConfig, keyPem, tunnelCredentials, tunnelToken } from "./credential-kinds.ts";
import { key, requiredKey, requiredSecret, secretKey, type Key } from "./key.ts";
import {
  choice,
  cidr,
  cookieName,
  databaseUrl,
  domainName,
  duration,
  emailAddress,
  emailDomain,
  flag,
  githubName,
  githubTeam,
  hostOrLabel,
  httpsUrl,
  image,
  imageTag,
  integer,
  namespaceName,
  objectName,
  oneOf,
  optional,
  prefix,
  registry,
  scopes,
  secretText,
  serviceUrl,
  text,
  word,
} from "./plain-kinds.ts";
import { annotations, labels, list, resources } from "./structured-kinds.ts";

const NAMES = {
  name: key(text("opencode", prefix), "What the names of all namespaces and objects begin with"),
  kubeconfig: key(optional(word), "File of credentials for the cluster; default: `KUBECONFIG`, else `~/.kube/config`"),
  kubeContext: key(optional(word), "Context of that file; default: its current one"),
  domain: requiredKey(optional(domainName), "Domain of the platform: all hosts are one label below it"),
  mainHost: key(text("code", hostOrLabel), "Host of the web UI and API: a label below `domain`, or `domain` itself"),
  oauthHost: key(text("oauth", hostOrLabel), "Host of the sign-in and its callback: a label below `domain`"),
  sessionDomain: key(
    optional(domainName),
    "Domain one label below which sessions are: `domain` (the default) or one below it",
  ),
  routeSuffix: key(text("-oc", word), "What follows the hash in a session's host"),
  attachPrefix: key(text("attach-", word), "What stands before the hash in an attach host"),
} as const;

const IMAGES = {
  "images.registry": key(
    optional(registry),
    "What the names of the router's and the session's image begin with; required unless both are given in full",
  ),
  "images.tag": key(text("0.1.0", imageTag), "Tag of both"),
  "images.router": key(optional(image), "Image of the router; default `<images.registry>/router:<images.tag>`"),
  "images.session": key(optional(image), "Image of a session; default `<images.registry>/opencode:<images.tag>`"),
  "images.traefik": key(text("docker.io/library/traefik:v3.7.8", image), "Image of Traefik"),
  "images.oauth2Proxy": key(text("quay.io/oauth2-proxy/oauth2-proxy:v7.15.3", image), "Image of oauth2-proxy"),
  "images.cloudflared": key(text("docker.io/cloudflare/cloudflared:2026.8.0", image), "Image of cloudflared"),
  "images.postgres": key(text("docker.io/library/postgres:17.6-bookworm", image), "Image of PostgreSQL"),
  "images.redis": key(text("docker.io/library/redis:7.4.5-bookworm", image), "Image of Redis"),
  imagePullSecret: secretKey(dockerConfig, "Content of a Docker `config.json` that the images are pulled with"),
} as const;

const AUTH = {
  "auth.provider": key(oneOf(["github", "oidc"], "github"), "Who knows the people: `github` or `oidc`"),
  "auth.clientId": requiredKey(optional(word), "Client id of the OAuth App or OIDC client"),
  "auth.clientSecret": requiredSecret(secretText(word), "Its secret"),
  "auth.issuer": key(optional(httpsUrl), "OIDC: the issuer; required there"),
  "auth.allowedEmails": key(list(emailAddress), "People who may sign in"),
  "auth.allowedEmailDomains": key(
    list(emailDomain),
    "Domains whose people may sign in; `*` only beside an organisation, team, user or group",
  ),
  "auth.githubOrg": key(optional(githubName), "GitHub: its members may sign in, or those of `auth.githubTeams` only"),
  "auth.githubTeams": key(list(githubTeam), "GitHub: slugs of teams of the organisation; without one `org:slug`"),
  "auth.githubUsers": key(list(githubName), "GitHub: people who may sign in besides those of the organisation"),
  "auth.allowedGroups": key(list(word), "OIDC: groups that may sign in"),
  "auth.scopes": key(
    optional(scopes),
    "OAuth scopes; default `user:email read:org` (GitHub; `repo` lets sessions push) or `openid profile email offline_access`",
  ),
  "auth.cookieName": key(optional(cookieName), "Cookie of the sign-in; default `__Secure-<name>`"),
  "auth.cookieExpire": key(text("168h", duration), "How long a sign-in lasts"),
  "auth.cookieRefresh": key(
    optional(duration),
    "OIDC: when tokens are renewed, a minute before they end; default never",
  ),
  "auth.sessionStore": key(
    optional(choice(["cookie", "redis"])),
    "Where sign-ins are: `cookie` (default with GitHub) or `redis` (default with OIDC, whose tokens fit no cookie)",
  ),
  "auth.redisUrl": secretKey(
    secretText(databaseUrl("redis", "rediss")),
    "A Redis of yours; default: one that the program deploys",
  ),
  "auth.replicas": key(integer(2, 1, 20), "Pods of oauth2-proxy"),
} as const;

const TRAEFIK = {
  "traefik.install": key(
    flag(true),
    "`false`: a Traefik that is there gets the routes as IngressRoutes and Middlewares",
  ),
  "traefik.replicas": key(integer(2, 1, 20), "Pods of Traefik"),
  "traefik.resources": key(
    resources({ requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } }),
    "Requests and limits of Traefik",
  ),
  "traefik.trustedIps": key(list(cidr), "Ranges of proxies in front whose `X-Forwarded-For` is believed"),
  "traefik.namespace": key(optional(namespaceName), "Existing Traefik: its namespace; required there"),
  "traefik.podLabels": key(labels({ "app.kubernetes.io/name": "traefik" }), "Existing Traefik: labels of its pods"),
  "traefik.entryPoint": key(
    optional(objectName),
    "Existing Traefik: entry point that gets the requests, without a time limit on bodies; default `web` behind a tunnel, else `websecure`",
  ),
  "traefik.serviceUrl": key(
    optional(serviceUrl),
    "Existing Traefik: where the tunnel sends requests; default `http://traefik.<traefik.namespace>.svc.cluster.local:80`",
  ),
} as const;

const ENTRANCE = {
  "tunnel.kind": key(
    oneOf(["token", "credentials", "none"], "token"),
    "Cloudflare tunnel: `token` (made on Cloudflare's pages), `credentials` (by `cloudflared tunnel create`) or `none`",
  ),
  "tunnel.token": secretKey(tunnelToken, "Token of the tunnel"),
  "tunnel.credentials": secretKey(tunnelCredentials, "Credentials file of the tunnel"),
  "tunnel.replicas": key(integer(2, 1, 25), "Pods of cloudflared"),
  "service.type": key(
    oneOf(["LoadBalancer", "NodePort", "ClusterIP"], "LoadBalancer"),
    "Without a tunnel: type of Traefik's Service",
  ),
  "service.nodePort": key(integer(0, 0, 65_535), "Its port for https on every node; `0`: the cluster chooses"),
  "service.annotations": key(annotations, "Its annotations"),
  "service.loadBalancerClass": key(optional(word), "Its load balancer's class"),
  "service.allowedCidrs": key(list(cidr), "Ranges that may reach the load balancer; default all"),
  "tls.secretName": key(
    optional(objectName),
    "Without a tunnel: Secret in `<name>-edge` with a certificate of `*.<domain>`, such as cert-manager makes",
  ),
  "tls.certificate": key(certificatePem, "Without a tunnel: that certificate itself, in PEM, with its chain"),
  "tls.key": secretKey(keyPem, "Its private key, in PEM"),
  "dns.manage": key(
    flag(false),
    "Whether the program makes the wildcard record of the tunnel at Cloudflare, with `CLOUDFLARE_API_TOKEN` of its environment",
  ),
  "dns.zoneId": key(optional(word), "Zone of the record; required then"),
} as const;

/** Names, sign-in and the way in, in the order of the README. */
export const EDGE_KEYS = {
  ...NAMES,
  ...IMAGES,
  ...AUTH,
  ...TRAEFIK,
  ...ENTRANCE,
} as const satisfies Record<string, Key>;
