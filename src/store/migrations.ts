import { type Kysely, type Migration, type MigrationProvider, Migrator, sql } from "kysely";
import { announceChanges } from "./announce.ts";
import { NewerDatabaseError } from "./errors.ts";

/** Kysely records the names of the migrations that were made in this table of its own. */
const MIGRATION_TABLE = "kysely_migration";

/** In the order of their names. One that was released is never changed: a further change is a further entry. */
const MIGRATIONS: Record<string, Migration> = {
  "0001-sessions": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("sessions")
        .addColumn("hash", "text", (column) => column.primaryKey())
        .addColumn("owner", "text", (column) => column.notNull())
        .addColumn("repo_url", "text")
        .addColumn("branch", "text")
        .addColumn("source_branch", "text")
        .addColumn("initial_message", "text")
        .addColumn("initial_message_done", "integer", (column) => column.notNull())
        .addColumn("desired", "text", (column) => column.notNull())
        .addColumn("failure", "text")
        .addColumn("failed_starts", "integer", (column) => column.notNull())
        .addColumn("title", "text")
        .addColumn("description", "text")
        .addColumn("conversation", "text")
        .addColumn("attach_nonce", "text", (column) => column.notNull())
        .addColumn("created_at", "bigint", (column) => column.notNull())
        .addColumn("last_activity", "bigint", (column) => column.notNull())
        .execute();
    },
  },
  "0002-messages": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("messages")
        .addColumn("session_hash", "text", (column) => column.notNull().references("sessions.hash").onDelete("cascade"))
        .addColumn("position", "integer", (column) => column.notNull())
        .addColumn("id", "text", (column) => column.notNull())
        .addColumn("role", "text", (column) => column.notNull())
        .addColumn("text", "text", (column) => column.notNull())
        .addColumn("at", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("messages_pk", ["session_hash", "position"])
        .execute();
    },
  },
  "0003-tokens": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("tokens")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("hash", "text", (column) => column.notNull().unique())
        .addColumn("owner", "text", (column) => column.notNull())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("scopes", "text", (column) => column.notNull())
        .addColumn("created_at", "bigint", (column) => column.notNull())
        .addColumn("expires_at", "bigint")
        .addColumn("last_used_at", "bigint")
        .execute();
      await db.schema.createIndex("tokens_owner").on("tokens").column("owner").execute();
    },
  },
  "0004-user-secrets": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("user_secrets")
        .addColumn("owner", "text", (column) => column.notNull())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("sealed", "text", (column) => column.notNull())
        .addColumn("updated_at", "bigint", (column) => column.notNull())
        .addPrimaryKeyConstraint("user_secrets_pk", ["owner", "name"])
        .execute();
    },
  },
  "0005-audit": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("audit")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("at", "bigint", (column) => column.notNull())
        .addColumn("actor", "text", (column) => column.notNull())
        .addColumn("action", "text", (column) => column.notNull())
        .addColumn("subject", "text", (column) => column.notNull())
        .addColumn("detail", "text")
        .execute();
      await db.schema.createIndex("audit_at").on("audit").column("at").execute();
    },
  },
  "0006-port-shares": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("port_shares")
        .addColumn("session_hash", "text", (column) => column.notNull().references("sessions.hash").onDelete("cascade"))
        .addColumn("port", "integer", (column) => column.notNull())
        .addColumn("level", "text", (column) => column.notNull())
        .addColumn("people", "text", (column) => column.notNull())
        .addColumn("expires_at", "bigint")
        .addPrimaryKeyConstraint("port_shares_pk", ["session_hash", "port"])
        .execute();
    },
  },
  "0007-session-homes": {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable("sessions").addColumn("home", "text").execute();
      await db.schema.alterTable("sessions").addColumn("seen", "text").execute();
    },
  },
  "0008-announcements": {
    up: (db: Kysely<unknown>) =>
      announceChanges(db, {
        sessions: "hash",
        messages: "session_hash",
        port_shares: "session_hash",
        tokens: "id",
        user_secrets: "owner",
      }),
  },
};

/** A literal and not a folder that is read: the router is one bundled file. */
const provider: MigrationProvider = { getMigrations: async () => MIGRATIONS };

/**
 * Brings the schema up to date. Routers that start at once take turns: Kysely holds a lock meanwhile.
 * @throws NewerDatabaseError before anything is changed, when the database knows a migration that we do not.
 */
export async function migrate<DB>(db: Kysely<DB>): Promise<void> {
  const unknown = (await recordedMigrations(db)).filter((name) => !Object.hasOwn(MIGRATIONS, name));
  if (unknown.length > 0) throw new NewerDatabaseError(unknown);
  const { error } = await new Migrator({ db, provider, migrationTableName: MIGRATION_TABLE }).migrateToLatest();
  if (error) throw error;
}

async function recordedMigrations<DB>(db: Kysely<DB>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === MIGRATION_TABLE)) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(MIGRATION_TABLE)}`.execute(db);
  return rows.map((row) => row.name);
}
