import type { Kysely, Transaction } from "kysely";
import type { SessionHash } from "../contracts/session-hash.ts";
import { ProgressMessage } from "../contracts/status.ts";
import type { MessageRepository } from "../sessions/store.ts";
import type { MessageRow, Tables } from "./schema.ts";
import { storable } from "./storable.ts";

export class SqlMessageRepository implements MessageRepository {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async list(hash: SessionHash): Promise<ProgressMessage[]> {
    const rows = await this.#db
      .selectFrom("messages")
      .select(["id", "role", "text", "at"])
      .where("session_hash", "=", hash)
      .orderBy("position")
      .execute();
    return rows.map((row) => ProgressMessage.parse(row));
  }

  async replace(hash: SessionHash, messages: readonly ProgressMessage[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      if (!(await lockSession(transaction, hash))) return;
      await transaction.deleteFrom("messages").where("session_hash", "=", hash).execute();
      if (messages.length > 0) await transaction.insertInto("messages").values(toRows(hash, messages)).execute();
    });
  }
}

/**
 * Writing the row locks it in both databases: routers replace the messages of one session one after the other.
 * @returns false when there is no such session (any more): a late report is not an error.
 */
async function lockSession(transaction: Transaction<Tables>, hash: SessionHash): Promise<boolean> {
  const result = await transaction.updateTable("sessions").set({ hash }).where("hash", "=", hash).executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

const toRows = (hash: SessionHash, messages: readonly ProgressMessage[]): MessageRow[] =>
  messages.map((message, position) => ({
    session_hash: hash,
    position,
    id: storable(message.id),
    role: message.role,
    text: storable(message.text),
    at: message.at,
  }));
