import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { DatabaseUnavailableError, errorCode } from "./errors.ts";
import type { Tables } from "./schema.ts";

const CONNECT_TIMEOUT_MS = 5000;
const QUERY_TIMEOUT_MS = 30_000;
const INT8_OID = 20;

/** int8 arrives as text by default; ours are milliseconds and fit into a number. On this pool only, not for all of pg. */
const types = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format as "text"),
};

/** @param self name under which this router's changes are announced */
export function openPostgres(databaseUrl: string, self: string): Kysely<Tables> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    application_name: self,
    types,
  });
  pool.on("error", () => {
    // A connection that nobody used broke, e.g. because PostgreSQL was restarted. The pool drops it; the next query tells.
  });
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the host name is not known",
  EAI_AGAIN: "the host name cannot be resolved now",
  ENOENT: "there is no such socket",
  ECONNRESET: "the connection was closed",
  "28P01": "the user name or the password is wrong",
  "28000": "it refuses this user",
  "3D000": "there is no such database",
  "42501": "the user may not create tables there",
  "57P03": "it is starting up or shutting down",
  "53300": "it has too many connections",
};

/** Names the place without user, password and parameters. */
export function unavailable(databaseUrl: string, cause: unknown): DatabaseUnavailableError {
  const code = errorCode(cause);
  const known = code === undefined ? undefined : REASONS[code];
  const reason = known ?? (cause instanceof Error ? cause.message : "unknown error");
  const suffix = code === undefined ? "" : ` (${code})`;
  const text = `PostgreSQL at ${placeOf(databaseUrl)} cannot be used: ${reason}${suffix}. Check DATABASE_URL.`;
  return new DatabaseUnavailableError(text, { cause });
}

function placeOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return "the given address";
  const { host, pathname, searchParams } = new URL(databaseUrl);
  return `${host || (searchParams.get("host") ?? "localhost")}${pathname}`;
}
