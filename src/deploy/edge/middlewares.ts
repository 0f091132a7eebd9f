import { EDGE_SECRET_HEADER, IDENTITY_HEADERS, RESERVED_HEADERS } from "../../contracts/names.ts";
import type { EdgeOptions } from "./edge-options.ts";

/** Every middleware that a route may name. Its specification is the same for Traefik's file provider and its resources. */
export const MIDDLEWARES = [
  "sanitize",
  "sign-in-main",
  "require-main",
  "sign-in-session",
  "require-session",
  "edge-secret",
  "attach-rate",
  "attach-in-flight",
] as const;
export type MiddlewareName = (typeof MIDDLEWARES)[number];
export type MiddlewareSpec = Readonly<Record<string, unknown>>;

export function middlewares(options: EdgeOptions): Readonly<Record<MiddlewareName, MiddlewareSpec>> {
  const { edgeSecret, attachLimits } = options;
  const { accessToken: _forSessionsNever, ...ofSessions } = IDENTITY_HEADERS;
  const [main, session] = [Object.values(IDENTITY_HEADERS), Object.values(ofSessions)];
  const sourceCriterion = clientAddress(options);
  return {
    sanitize: sanitize(options),
    "sign-in-main": askSignIn(options, { path: "/", identity: main }),
    "require-main": askSignIn(options, { path: "/oauth2/auth", identity: main }),
    "sign-in-session": askSignIn(options, { path: "/", identity: session }),
    "require-session": askSignIn(options, { path: "/oauth2/auth", identity: session }),
    "edge-secret": { headers: { customRequestHeaders: { [headerName(EDGE_SECRET_HEADER)]: edgeSecret } } },
    "attach-rate": {
      rateLimit: { average: attachLimits.requestsPerSecond, burst: attachLimits.burst, period: "1s", sourceCriterion },
    },
    "attach-in-flight": { inFlightReq: { amount: attachLimits.inFlight, sourceCriterion } },
  };
}

/** What oauth2-proxy would believe of a request besides its cookie. */
const STEERING_HEADERS = [
  "x-auth-request-redirect",
  // Of a proxy before Traefik that is believed they come through, as the client made them.
  "x-forwarded-uri",
  "x-forwarded-method",
  "x-forwarded-host",
];

/** Takes away what a client says in the edge's name. An empty value removes a header. */
function sanitize({ proto }: EdgeOptions): MiddlewareSpec {
  const removed = [...RESERVED_HEADERS, ...STEERING_HEADERS].map((name) => [headerName(name), ""]);
  // Behind a tunnel Traefik would say http, and ws of a WebSocket.
  return { headers: { customRequestHeaders: { ...Object.fromEntries(removed), "X-Forwarded-Proto": proto } } };
}

interface Question {
  /** `/` leads whoever is not signed in to the sign-in; `/oauth2/auth` answers 401. */
  readonly path: "/" | "/oauth2/auth";
  /** What the answer tells the router; each is taken out of the request, whether or not the answer has it. */
  readonly identity: readonly string[];
}

function askSignIn({ services, cookieName }: EdgeOptions, { path, identity }: Question): MiddlewareSpec {
  return {
    forwardAuth: {
      address: `${services["oauth2-proxy"].url}${path}`,
      // Said here: what is told to oauth2-proxy are the headers that Traefik and `sanitize` have made.
      trustForwardHeader: true,
      // Not `Authorization`: it is for a dev server, or a token for the router.
      authRequestHeaders: ["Cookie", "Accept", "User-Agent"],
      authResponseHeaders: identity.map(headerName),
      // A session that was renewed: names only, and a cookie store cuts what is too long for one.
      addAuthCookiesToResponse: [cookieName, ...[0, 1, 2, 3].map((part) => `${cookieName}_${part}`)],
      maxResponseBodySize: 1024 * 1024,
    },
  };
}

/** Who is counted: without a criterion Traefik would count all people who use one host together. */
function clientAddress({ tunnel, trustedIps }: EdgeOptions): MiddlewareSpec {
  if (tunnel) return { requestHeaderName: "CF-Connecting-IP" };
  return { ipStrategy: trustedIps.length > 0 ? { excludedIPs: [...trustedIps] } : { depth: 0 } };
}

/** `x-edge-secret` as Traefik's own configuration writes it. */
const headerName = (name: string): string => name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
