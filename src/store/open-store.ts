import { type Kysely, sql } from "kysely";
import type { PeopleStore } from "../people/store.ts";
import type { Store } from "../sessions/store.ts";
import { SqlAuditRepository } from "./audit-repository.ts";
import { DatabaseUnavailableError, NewerDatabaseError } from "./errors.ts";
import { SqlMessageRepository } from "./message-repository.ts";
import { migrate } from "./migrations.ts";
import { openPostgres, unavailable as postgresUnavailable } from "./postgres.ts";
import type { Tables } from "./schema.ts";
import { SqlSessionRepository } from "./session-repository.ts";
import { SqlShareRepository } from "./share-repository.ts";
import { databaseFile, openSqlite, unavailable as sqliteUnavailable } from "./sqlite.ts";
import { SqlTokenRepository } from "./token-repository.ts";
import { SqlUserSecretRepository } from "./user-secret-repository.ts";

/** Everything that the router keeps. */
export type RouterStore = Store & PeopleStore;

export interface StoreOptions {
  /** PostgreSQL; without it, SQLite in the data folder. */
  readonly databaseUrl?: string;
  readonly dataDir: string;
}

/**
 * Opens the database and brings its schema up to date.
 * @throws NewerDatabaseError or DatabaseUnavailableError, with a message for the operator.
 */
export async function openStore({ databaseUrl, dataDir }: StoreOptions): Promise<RouterStore> {
  return databaseUrl
    ? ready(
        () => openPostgres(assertUrl(databaseUrl)),
        (cause) => postgresUnavailable(databaseUrl, cause),
      )
    : ready(
        () => openSqlite(dataDir),
        (cause) => sqliteUnavailable(databaseFile(dataDir), cause),
      );
}

/** Errors of the URL parser quote the whole URL, with its password: it is never given a bad one. */
function assertUrl(databaseUrl: string): string {
  const isPostgres = URL.canParse(databaseUrl) && /^postgres(ql)?:$/.test(new URL(databaseUrl).protocol);
  if (isPostgres) return databaseUrl;
  throw new DatabaseUnavailableError("DATABASE_URL must look like postgresql://user:password@host:5432/database.");
}

async function ready(open: () => Kysely<Tables>, explain: (cause: unknown) => Error): Promise<RouterStore> {
  const db = open();
  try {
    await migrate(db);
  } catch (cause) {
    await db.destroy();
    throw cause instanceof NewerDatabaseError ? cause : explain(cause);
  }
  return storeOn(db);
}

function storeOn(db: Kysely<Tables>): RouterStore {
  let closed: Promise<void> | undefined;
  return {
    sessions: new SqlSessionRepository(db),
    messages: new SqlMessageRepository(db),
    tokens: new SqlTokenRepository(db),
    userSecrets: new SqlUserSecretRepository(db),
    audit: new SqlAuditRepository(db),
    shares: new SqlShareRepository(db),
    ping: async () => {
      await sql`select 1`.execute(db);
    },
    close: () => (closed ??= db.destroy()),
  };
}
