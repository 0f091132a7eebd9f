import { type Kysely, PostgresAdapter, sql } from "kysely";

/** The channel of PostgreSQL on which routers tell each other what they wrote. */
export const CHANNEL = "opencode_router";

/** A notice may have 8,000 bytes; a key that long is not worth more than "look at the whole table". */
const MAX_KEY = 1_000;

/**
 * From now on every write to a table is announced with the written row's key, together with the commit: whoever is told
 * sees it. By triggers, so that no write can forget it. Only PostgreSQL has several routers.
 */
export async function announceChanges(db: Kysely<unknown>, keys: Readonly<Record<string, string>>): Promise<void> {
  if (!(db.getExecutor().adapter instanceof PostgresAdapter)) return;
  await sql`
    create or replace function opencode_router_announce() returns trigger language plpgsql as $$
    declare
      old_key text;
      new_key text;
    begin
      if tg_op = 'UPDATE' and old is not distinct from new then return null; end if;
      if tg_op <> 'INSERT' then execute format('select ($1).%I', tg_argv[0]) using old into old_key; end if;
      if tg_op <> 'DELETE' then execute format('select ($1).%I', tg_argv[0]) using new into new_key; end if;
      if new_key is not null then perform opencode_router_notify(tg_table_name, new_key); end if;
      if old_key is distinct from new_key and old_key is not null then
        perform opencode_router_notify(tg_table_name, old_key);
      end if;
      return null;
    end $$`.execute(db);
  await sql`
    create or replace function opencode_router_notify(written text, key text) returns void language sql as $$
      select pg_notify(${sql.lit(CHANNEL)}, json_strip_nulls(json_build_object(
        'table', written,
        'key', case when octet_length(key) <= ${sql.lit(MAX_KEY)} then key end,
        'by', current_setting('application_name')))::text)
    $$`.execute(db);
  for (const [table, key] of Object.entries(keys))
    await sql`
      create trigger announce after insert or update or delete on ${sql.table(table)}
      for each row execute function opencode_router_announce(${sql.lit(key)})`.execute(db);
}
