import { type Kysely, sql } from "kysely";
import { z } from "zod";
import { parseEmail } from "../contracts/email.ts";
import { SHARE_LEVELS } from "../contracts/share.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { ShareRecord, ShareRepository } from "../sessions/store.ts";
import type { PortShareRow, Tables } from "./schema.ts";

export class SqlShareRepository implements ShareRepository {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async all(): Promise<ShareRecord[]> {
    const rows = await this.#db.selectFrom("port_shares").selectAll().execute();
    return rows.map(fromRow);
  }

  async of(hash: SessionHash): Promise<ShareRecord[]> {
    const rows = await this.#db.selectFrom("port_shares").selectAll().where("session_hash", "=", hash).execute();
    return rows.map(fromRow);
  }

  async put({ hash, port, level, people, expiresAt }: ShareRecord): Promise<void> {
    const changes = { level, people: JSON.stringify(people), expires_at: expiresAt };
    await this.#db
      .insertInto("port_shares")
      .columns(["session_hash", "port", "level", "people", "expires_at"])
      // A session that is gone in this moment has nothing to share.
      .expression((build) =>
        build
          .selectFrom("sessions")
          .select("hash")
          .select([sql.lit(port).as("port"), sql.val(level).as("level")])
          .select([sql.val(changes.people).as("people"), sql`cast(${expiresAt} as bigint)`.as("expires_at")])
          .where("hash", "=", hash),
      )
      .onConflict((conflict) => conflict.columns(["session_hash", "port"]).doUpdateSet(changes))
      .execute();
  }

  async remove(hash: SessionHash, port: number): Promise<void> {
    await this.#db.deleteFrom("port_shares").where("session_hash", "=", hash).where("port", "=", port).execute();
  }
}

const People = z.array(z.string());
const Level = z.enum(SHARE_LEVELS);

const fromRow = (row: PortShareRow): ShareRecord => ({
  hash: row.session_hash as SessionHash,
  port: row.port,
  level: Level.parse(row.level),
  people: People.parse(JSON.parse(row.people)).flatMap((text) => parseEmail(text) ?? []),
  expiresAt: row.expires_at,
});
