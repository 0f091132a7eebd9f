import type { Kysely } from "kysely";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { SessionPatch, SessionRecord, SessionRepository } from "../sessions/store.ts";
import type { Tables } from "./schema.ts";
import { fromRow, toChanges, toRow } from "./session-row.ts";

export class SqlSessionRepository implements SessionRepository {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async all(): Promise<SessionRecord[]> {
    const rows = await this.#db.selectFrom("sessions").selectAll().orderBy("created_at").orderBy("hash").execute();
    return rows.map(fromRow);
  }

  async get(hash: SessionHash): Promise<SessionRecord | undefined> {
    const row = await this.#db.selectFrom("sessions").selectAll().where("hash", "=", hash).executeTakeFirst();
    return row && fromRow(row);
  }

  async insert(record: SessionRecord): Promise<boolean> {
    const result = await this.#db
      .insertInto("sessions")
      .values(toRow(record))
      .onConflict((conflict) => conflict.column("hash").doNothing())
      .executeTakeFirst();
    return result.numInsertedOrUpdatedRows === 1n;
  }

  async update(hash: SessionHash, patch: SessionPatch): Promise<SessionRecord | undefined> {
    const changes = toChanges(patch);
    if (Object.keys(changes).length === 0) return this.get(hash);
    const row = await this.#db
      .updateTable("sessions")
      .set(changes)
      .where("hash", "=", hash)
      .returningAll()
      .executeTakeFirst();
    return row && fromRow(row);
  }

  async claim(home: string): Promise<void> {
    await this.#db.updateTable("sessions").set({ home }).where("home", "is", null).execute();
  }

  async remove(hash: SessionHash): Promise<void> {
    await this.#db.deleteFrom("sessions").where("hash", "=", hash).execute();
  }
}
