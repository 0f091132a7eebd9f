import type { AuthSettings } from "../settings/settings.ts";

/** Everything that the command line is made of; plain data without a secret. Durations are Go's, such as `168h`. */
export interface SignInOptions extends Pick<AuthSettings, "provider" | "clientId" | "scopes" | "cookieName"> {
  /** Whose addresses may sign in: a file that is mounted, one a line. */
  readonly emailsFile?: string | undefined;
  /** Domains whose addresses may sign in besides; `*` for all. */
  readonly emailDomains: readonly string[];
  readonly domain: string;
  readonly oauthHost: string;
  readonly proto: "http" | "https";
  /** Port of the public addresses where it is not the usual one. */
  readonly publicPort?: number | undefined;
  readonly cookieExpire: string;
  /** When the provider's tokens are renewed; undefined: never. */
  readonly cookieRefresh: string | undefined;
  /** `redis` keeps what is too long for cookies; its address is a secret, and comes by the environment. */
  readonly store: "cookie" | "redis";
  /** From where `X-Forwarded-*` is believed: Traefik's pods. */
  readonly trustedProxies: readonly string[];
  readonly address: string;
  readonly metricsAddress?: string | undefined;
}

/** Secrets of oauth2-proxy come by its environment, where no list of processes shows them. */
export const SIGN_IN_VARIABLES = {
  clientSecret: "OAUTH2_PROXY_CLIENT_SECRET",
  cookieSecret: "OAUTH2_PROXY_COOKIE_SECRET",
  redisUrl: "OAUTH2_PROXY_REDIS_CONNECTION_URL",
} as const;

/** A cookie secret out of 32 random bytes in base64: the ordinary alphabet would be refused three times out of four. */
export const cookieSecret = (base64: string): string =>
  base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The command line of oauth2-proxy. @throws Error when it would let everybody in */
export function oauth2ProxyFlags(options: SignInOptions): string[] {
  const { provider, domain, oauthHost, proto, publicPort, store } = options;
  const port = publicPort === undefined ? "" : `:${publicPort}`;
  return [
    `--http-address=${options.address}`,
    ...flags("metrics-address", options.metricsAddress),
    "--reverse-proxy=true",
    ...flags("trusted-proxy-ip", ...options.trustedProxies),
    // What ForwardAuth asks at `/` is answered here once somebody is signed in.
    "--upstream=static://202",
    `--redirect-url=${proto}://${oauthHost}${port}/oauth2/callback`,
    `--whitelist-domain=.${domain}${port}`,
    `--whitelist-domain=${domain}${port}`,
    ...cookieFlags(options),
    `--session-store-type=${store}`,
    "--skip-provider-button=true",
    "--set-xauthrequest=true",
    "--pass-access-token=true",
    "--silence-ping-logging=true",
    "--banner=-",
    "--show-debug-on-error=false",
    `--client-id=${options.clientId}`,
    ...providerFlags(provider, options.scopes),
    ...emailFlags(options),
  ];
}

const flags = (name: string, ...values: readonly (string | undefined)[]): string[] =>
  values.flatMap((value) => (value === undefined ? [] : [`--${name}=${value}`]));

/** Addresses and domains add to each other; who the provider does not let in stays out in any case. */
function emailFlags({ provider, emailsFile, emailDomains }: SignInOptions): string[] {
  if (emailsFile !== undefined || emailDomains.some((domain) => domain !== "*"))
    return [...flags("authenticated-emails-file", emailsFile), ...flags("email-domain", ...emailDomains)];
  const restrictions =
    provider.kind === "github" ? [provider.org ?? [], provider.teams, provider.users].flat() : provider.groups;
  if (restrictions.length === 0) throw new Error("nothing says who may sign in, so everybody could");
  return ["--email-domain=*"];
}

const cookieFlags = ({ cookieName, cookieExpire, cookieRefresh, domain, proto }: SignInOptions): string[] => [
  `--cookie-name=${cookieName}`,
  `--cookie-domain=.${domain}`,
  `--cookie-secure=${proto === "https"}`,
  "--cookie-httponly=true",
  "--cookie-samesite=lax",
  "--cookie-path=/",
  `--cookie-expire=${cookieExpire}`,
  // Two tabs may sign in at once; without a limit each lost attempt would leave a cookie behind.
  "--cookie-csrf-per-request=true",
  "--cookie-csrf-per-request-limit=8",
  "--cookie-csrf-expire=15m",
  ...flags("cookie-refresh", cookieRefresh),
];

function providerFlags(provider: AuthSettings["provider"], scopes: string): string[] {
  if (provider.kind === "github")
    return [
      "--provider=github",
      `--scope=${scopes}`,
      ...flags("github-org", provider.org),
      ...flags("github-team", provider.teams.join(",") || undefined),
      ...flags("github-user", ...provider.users),
    ];
  return [
    "--provider=oidc",
    `--oidc-issuer-url=${provider.issuer}`,
    `--scope=${scopes}`,
    "--code-challenge-method=S256",
    "--insecure-oidc-skip-nonce=false",
    ...flags("allowed-group", ...provider.groups),
  ];
}
