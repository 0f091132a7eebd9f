/** Names that more than one part relies on. */

/** Headers that carry identity from the edge; believed only with the edge secret, on the public listener. */
export const IDENTITY_HEADERS = {
  email: "x-auth-request-email",
  user: "x-auth-request-user",
  groups: "x-auth-request-groups",
  preferredUsername: "x-auth-request-preferred-username",
  accessToken: "x-auth-request-access-token",
} as const;

export const EDGE_SECRET_HEADER = "x-edge-secret";
export const ADMIN_SECRET_HEADER = "x-admin-secret";
export const ATTACH_PASSWORD_HEADER = "x-attach-password";

/** How other sign-in proxies call the same; read nowhere, and a dev server must not be deceived by them either. */
const OTHER_IDENTITY_HEADERS = [
  "x-forwarded-user",
  "x-forwarded-email",
  "x-forwarded-groups",
  "x-forwarded-preferred-username",
  "x-forwarded-access-token",
] as const;

/** What nobody outside may say: the edge takes these from every request, and the router passes none on to a session. */
export const RESERVED_HEADERS: readonly string[] = [
  ...Object.values(IDENTITY_HEADERS),
  ...OTHER_IDENTITY_HEADERS,
  EDGE_SECRET_HEADER,
  ADMIN_SECRET_HEADER,
];

/** What every personal access token starts with. */
export const TOKEN_PREFIX = "ocr_";
/** What every cookie of the router itself starts with. */
export const COOKIE_PREFIX = "ocr_";

/** Realm of the attach host's Basic challenge: the one that opencode's own clients know. */
export const ATTACH_REALM = 'Basic realm="opencode"';

/** Where sessiond pushes its report on the internal listener. */
export const reportPath = (hash: string): string => `/internal/sessions/${hash}/report`;

/** Where a session's own host tells of its start: the router answers it, whatever the session's state. */
export const START_EVENTS_PATH = "/.well-known/opencode-router/start";

/** The variable that every process of a session has in its environment, with the session's hash as its value. */
export const SESSION_MARK = "OPENCODE_ROUTER_SESSION";
