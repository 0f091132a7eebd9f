import type { Host } from "../../contracts/hosts.ts";
import type { ShareLevel } from "../../contracts/share.ts";
import type { Scope } from "../../contracts/token.ts";

/** What a caller is to the thing they ask for. `named`: the owner's share of this port names them. */
export const ROLES = ["owner", "named", "signedIn", "admin", "anonymous"] as const;
export type Role = (typeof ROLES)[number];

/** Carried out, or refused with this status. */
export type Verdict = "allow" | 401 | 403 | 404;
export type Row = Readonly<Record<Role, Verdict>>;

type Verdicts = readonly [owner: Verdict, named: Verdict, signedIn: Verdict, admin: Verdict, anonymous: Verdict];

const row = (...[owner, named, signedIn, admin, anonymous]: Verdicts): Row => ({
  owner,
  named,
  signedIn,
  admin,
  anonymous,
});

// oxfmt-ignore
const
  //                   owner    named    signedIn admin    anonymous
  EVERYBODY      = row("allow", "allow", "allow", "allow", "allow"),
  SIGNED_IN      = row("allow", "allow", "allow", "allow", 401),
  OWN_HOST       = row("allow", 404,     404,     404,     401),
  PEOPLE_HOST    = row("allow", "allow", 404,     404,     401),
  OWNER          = row("allow", 403,     403,     403,     401),
  OWNER_OR_ADMIN = row("allow", 403,     403,     "allow", 401),
  ADMINS         = row(403,     403,     403,     "allow", 401);

/** Hosts of the public listener, for requests and upgrades alike. Attach hosts have a listener of their own. */
export const HOSTS: Readonly<Record<Exclude<Host["kind"], "attach" | "port">, Row>> = {
  main: SIGNED_IN,
  session: OWN_HOST,
  ide: OWN_HOST,
};

/** Port hosts, by the level that the owner has given the port. */
export const PORT_HOSTS: Readonly<Record<ShareLevel, Row>> = {
  owner: OWN_HOST,
  people: PEOPLE_HOST,
  authenticated: SIGNED_IN,
  public: EVERYBODY,
};

export interface ApiEntrance {
  readonly row: Row;
  /** What a personal access token needs; without it, only somebody who signed in may. */
  readonly scope: Scope | undefined;
}

const entrance = (who: Row, scope: Scope | undefined): ApiEntrance => ({ row: who, scope });

/** Every route of `/api` on the main host. Of two that fit a path, the earlier one is meant. */
export const API = {
  "GET /api/openapi.json": entrance(SIGNED_IN, "read"),
  "GET /api/me": entrance(SIGNED_IN, "read"),
  "GET /api/sessions": entrance(SIGNED_IN, "read"),
  "POST /api/sessions": entrance(SIGNED_IN, "sessions"),
  "GET /api/sessions/suggest-branch": entrance(SIGNED_IN, "read"),
  "GET /api/sessions/stream": entrance(SIGNED_IN, "read"),
  "GET /api/sessions/{hash}": entrance(OWNER_OR_ADMIN, "read"),
  "DELETE /api/sessions/{hash}": entrance(OWNER_OR_ADMIN, "sessions"),
  "POST /api/sessions/{hash}/resume": entrance(OWNER, "sessions"),
  "POST /api/sessions/{hash}/stop": entrance(OWNER_OR_ADMIN, "sessions"),
  "POST /api/sessions/{hash}/keepalive": entrance(OWNER, "sessions"),
  "GET /api/sessions/{hash}/events": entrance(OWNER, "read"),
  "GET /api/sessions/{hash}/progress/stream": entrance(OWNER, "read"),
  "GET /api/sessions/{hash}/status": entrance(OWNER_OR_ADMIN, "read"),
  "GET /api/sessions/{hash}/attach-info": entrance(OWNER, "sessions"),
  "POST /api/sessions/{hash}/attach-password": entrance(OWNER, "sessions"),
  "GET /api/sessions/{hash}/ports": entrance(OWNER, "read"),
  "PUT /api/sessions/{hash}/ports/{port}": entrance(OWNER, "sessions"),
  "GET /api/user/secrets": entrance(SIGNED_IN, "read"),
  "GET /api/user/secrets/{name}": entrance(SIGNED_IN, "read"),
  "PUT /api/user/secrets/{name}": entrance(SIGNED_IN, "sessions"),
  "DELETE /api/user/secrets/{name}": entrance(SIGNED_IN, "sessions"),
  // A token must not make itself a stronger or a longer one.
  "GET /api/user/tokens": entrance(SIGNED_IN, undefined),
  "POST /api/user/tokens": entrance(SIGNED_IN, undefined),
  "DELETE /api/user/tokens/{id}": entrance(SIGNED_IN, undefined),
  "GET /api/user/repos": entrance(SIGNED_IN, "read"),
  "GET /api/user/repos/branches": entrance(SIGNED_IN, "read"),
  "GET /api/admin/sessions": entrance(ADMINS, "admin"),
  "GET /api/admin/audit": entrance(ADMINS, "admin"),
} as const satisfies Record<`${string} /api/${string}`, ApiEntrance>;
export type ApiEntranceName = keyof typeof API;

/** The attach listener knows no people: only who has a session's attach password. */
export const ATTACH = { password: "allow", anybodyElse: 401 } as const;

/** What the internal listener serves, and what has to be shown for it. */
export const INTERNAL = {
  "GET /healthz": "nothing",
  "GET /readyz": "nothing",
  "GET /metrics": "nothing",
  "POST /internal/sessions/{hash}/report": "session key",
  "POST /api/admin/pull-image": "admin secret",
} as const satisfies Record<string, "nothing" | "session key" | "admin secret">;
export type InternalEntranceName = keyof typeof INTERNAL;
