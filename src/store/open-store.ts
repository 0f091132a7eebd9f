import { randomBytes } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { silentLog, type Log } from "../lib/log.ts";
import type { PeopleStore } from "../people/store.ts";
import { FanOut } from "../lib/fan-out.ts";
import type { Store, StoreChange } from "../sessions/store.ts";
import { SqlAnchorRepository } from "./anchor-repository.ts";
import { SqlAuditRepository } from "./audit-repository.ts";
import { ChangeListener } from "./change-listener.ts";
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

/** It can keep what belongs to sessions whose records are elsewhere, too. */
export type SqlStore = RouterStore & { readonly anchors: SqlAnchorRepository };

export interface StoreOptions {
  /** PostgreSQL; without it, SQLite in the data folder. */
  readonly databaseUrl?: string;
  readonly dataDir: string;
  readonly log?: Log;
}

/**
 * Opens the database and brings its schema up to date.
 * @throws NewerDatabaseError or DatabaseUnavailableError, with a message for the operator.
 */
export async function openStore({ databaseUrl, dataDir, log = silentLog }: StoreOptions): Promise<SqlStore> {
  if (databaseUrl) return openShared(assertUrl(databaseUrl), log);
  const explain = (cause: unknown) => sqliteUnavailable(databaseFile(dataDir), cause);
  return storeOn(await upToDate(openSqlite(dataDir), explain), NOBODY_ELSE);
}

/** SQLite has one router: there is nobody else whose changes it could hear of. */
const NOBODY_ELSE = { changes: new FanOut<StoreChange>(), close: () => Promise.resolve() };

async function openShared(databaseUrl: string, log: Log): Promise<SqlStore> {
  const explain = (cause: unknown) => postgresUnavailable(databaseUrl, cause);
  const self = `opencode-router-${randomBytes(6).toString("hex")}`;
  const db = await upToDate(openPostgres(databaseUrl, self), explain);
  try {
    return storeOn(db, await ChangeListener.open({ databaseUrl, self, log }));
  } catch (cause) {
    await db.destroy();
    throw explain(cause);
  }
}

/** Errors of the URL parser quote the whole URL, with its password: it is never given a bad one. */
function assertUrl(databaseUrl: string): string {
  const isPostgres = URL.canParse(databaseUrl) && /^postgres(ql)?:$/.test(new URL(databaseUrl).protocol);
  if (isPostgres) return databaseUrl;
  throw new DatabaseUnavailableError("DATABASE_URL must look like postgresql://user:password@host:5432/database.");
}

async function upToDate(db: Kysely<Tables>, explain: (cause: unknown) => Error): Promise<Kysely<Tables>> {
  try {
    await migrate(db);
    return db;
  } catch (cause) {
    await db.destroy();
    throw cause instanceof NewerDatabaseError ? cause : explain(cause);
  }
}

function storeOn(db: Kysely<Tables>, others: Pick<ChangeListener, "changes" | "close">): SqlStore {
  let closed: Promise<void> | undefined;
  return {
    sessions: new SqlSessionRepository(db),
    anchors: new SqlAnchorRepository(db),
    messages: new SqlMessageRepository(db),
    tokens: new SqlTokenRepository(db),
    userSecrets: new SqlUserSecretRepository(db),
    audit: new SqlAuditRepository(db),
    shares: new SqlShareRepository(db),
    ping: async () => {
      await sql`select 1`.execute(db);
    },
    changes: others.changes,
    close: () => (closed ??= others.close().then(() => db.destroy())),
  };
}
