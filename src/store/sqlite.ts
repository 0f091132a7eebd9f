import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { Kysely, SqliteDialect } from "kysely";
import Database from "libsql";
import { DatabaseUnavailableError, errorCode } from "./errors.ts";
import type { Tables } from "./schema.ts";

/** How long a statement waits for another process that writes. */
const BUSY_TIMEOUT_MS = 5000;

/**
 * WAL with `synchronous=FULL`: what was acknowledged is on the disk, also after kill -9 or a power cut. Sessions change
 * seldom, so the sync of each commit costs nothing that anybody notices.
 */
const SETTINGS = [
  `busy_timeout = ${BUSY_TIMEOUT_MS}`,
  "journal_mode = WAL",
  "synchronous = FULL",
  "foreign_keys = ON",
] as const;

/** The file of the embedded database. */
export const databaseFile = (dataDir: string): string => join(dataDir, "router.db");

export function openSqlite(dataDir: string): Kysely<Tables> {
  const file = databaseFile(dataDir);
  const database = open(dataDir, file);
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
}

function open(dataDir: string, file: string): Database.Database {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    // SQLite gives the files of its log the mode of this one.
    closeSync(openSync(file, "a", 0o600));
    const database = new Database(file);
    // Reads the file's header: a damaged one is found here.
    for (const setting of SETTINGS) database.pragma(setting);
    // And here one whose header is good; a small database, so it takes milliseconds.
    assertSound(database);
    return database;
  } catch (cause) {
    throw unavailable(file, cause);
  }
}

function assertSound(database: Database.Database): void {
  const [finding] = database.pragma("quick_check(1)") as { quick_check: string }[];
  if (finding?.quick_check === "ok") return;
  database.close();
  throw Object.assign(new Error(finding?.quick_check), { code: "SQLITE_CORRUPT" });
}

const REASONS: Record<string, string> = {
  SQLITE_NOTADB:
    "it is not a SQLite database, or it is damaged. Restore it from a backup, or move it away to begin anew",
  SQLITE_CORRUPT: "it is damaged. Restore it from a backup, or move it away to begin anew",
  SQLITE_BUSY: "another process holds it. Is another router running on this folder?",
  SQLITE_FULL: "the disk is full",
  ENOSPC: "the disk is full",
  EACCES: "its permissions do not let the router read and write it",
  EROFS: "the file system is read-only",
};

export function unavailable(file: string, cause: unknown): DatabaseUnavailableError {
  const code = errorCode(cause) ?? "unknown error";
  const reason = REASONS[code] ?? (cause instanceof Error ? cause.message : code);
  return new DatabaseUnavailableError(`The database ${file} cannot be opened: ${reason} (${code}).`, { cause });
}
