/** Who says who somebody is. */
export type IdentityProvider =
  | {
      readonly kind: "github";
      readonly org?: string | undefined;
      /** Slugs of the organisation's teams, or `org:team` without an organisation. */
      readonly teams?: readonly string[];
      /** Let in besides, whatever they belong to. */
      readonly users?: readonly string[];
    }
  | {
      readonly kind: "oidc";
      readonly issuer: string;
      readonly groups?: readonly string[];
      /** How long its tokens live; they are renewed a minute before. */
      readonly tokenMinutes: number;
    };

export interface SignInOptions {
  readonly provider: IdentityProvider;
  readonly clientId: string;
  /** What the provider is asked for, separated by spaces; a default for each provider. */
  readonly scope?: string | undefined;
  /** Whose addresses may sign in: a file that is mounted, one a line. Without it the provider's groups decide. */
  readonly emailsFile?: string | undefined;
  readonly domain: string;
  readonly oauthHost: string;
  readonly proto: "http" | "https";
  /** Port of the public addresses where it is not the usual one. */
  readonly publicPort?: number | undefined;
  readonly cookieName: string;
  readonly cookieHours: number;
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

/** Why nobody, or everybody, could sign in, as sentences; empty when it is as it should be. */
export function signInProblems({ provider, emailsFile, store }: SignInOptions): string[] {
  const problems: string[] = [];
  const groups =
    provider.kind === "github"
      ? [provider.org, ...(provider.teams ?? []), ...(provider.users ?? [])]
      : (provider.groups ?? []);
  if (emailsFile === undefined && groups.filter(Boolean).length === 0)
    problems.push(
      "Say who may sign in: addresses, an organisation, teams, users or groups. Otherwise everybody could.",
    );
  if (provider.kind === "oidc" && store === "cookie")
    problems.push("The tokens of OpenID Connect are too long for cookies: use the store redis.");
  return problems;
}

/** The command line of oauth2-proxy. */
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
    ...providerFlags(provider, options.scope),
    // Any address only where the provider's groups decide.
    ...(options.emailsFile === undefined
      ? ["--email-domain=*"]
      : [`--authenticated-emails-file=${options.emailsFile}`]),
  ];
}

const flags = (name: string, ...values: readonly (string | undefined)[]): string[] =>
  values.flatMap((value) => (value === undefined ? [] : [`--${name}=${value}`]));

const cookieFlags = ({ cookieName, cookieHours, domain, proto, provider }: SignInOptions): string[] => [
  `--cookie-name=${cookieName}`,
  `--cookie-domain=.${domain}`,
  `--cookie-secure=${proto === "https"}`,
  "--cookie-httponly=true",
  "--cookie-samesite=lax",
  "--cookie-path=/",
  `--cookie-expire=${cookieHours}h`,
  // Two tabs may sign in at once; without a limit each lost attempt would leave a cookie behind.
  "--cookie-csrf-per-request=true",
  "--cookie-csrf-per-request-limit=8",
  "--cookie-csrf-expire=15m",
  ...(provider.kind === "oidc" ? [`--cookie-refresh=${Math.max(1, provider.tokenMinutes - 1)}m`] : []),
];

function providerFlags(provider: IdentityProvider, scope: string | undefined): string[] {
  if (provider.kind === "github")
    return [
      "--provider=github",
      `--scope=${scope ?? "user:email read:org"}`,
      ...flags("github-org", provider.org),
      ...flags("github-team", provider.teams?.join(",") || undefined),
      ...flags("github-user", ...(provider.users ?? [])),
    ];
  return [
    "--provider=oidc",
    `--oidc-issuer-url=${provider.issuer}`,
    `--scope=${scope ?? "openid profile email offline_access"}`,
    "--code-challenge-method=S256",
    "--insecure-oidc-skip-nonce=false",
    ...flags("allowed-group", ...(provider.groups ?? [])),
  ];
}
