import type { Kysely } from "kysely";
import { z } from "zod";
import { type Email, parseEmail } from "../contracts/email.ts";
import { Scope } from "../contracts/token.ts";
import type { TokenRecord, TokenRepository } from "../people/store.ts";
import type { Tables, TokenRow } from "./schema.ts";
import { storable } from "./storable.ts";

export class SqlTokenRepository implements TokenRepository {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async ofOwner(owner: Email): Promise<TokenRecord[]> {
    const rows = await this.#db
      .selectFrom("tokens")
      .selectAll()
      .where("owner", "=", owner)
      .orderBy("created_at", "desc")
      .orderBy("id")
      .execute();
    return rows.map(fromRow);
  }

  async byHash(hash: string): Promise<TokenRecord | undefined> {
    const row = await this.#db.selectFrom("tokens").selectAll().where("hash", "=", hash).executeTakeFirst();
    return row && fromRow(row);
  }

  async insert(record: TokenRecord): Promise<void> {
    await this.#db.insertInto("tokens").values(toRow(record)).execute();
  }

  async used(id: string, at: number): Promise<void> {
    await this.#db
      .updateTable("tokens")
      .set({ last_used_at: at })
      .where("id", "=", id)
      .where((where) => where.or([where("last_used_at", "is", null), where("last_used_at", "<", at)]))
      .execute();
  }

  async remove(owner: Email, id: string): Promise<TokenRecord | undefined> {
    const row = await this.#db
      .deleteFrom("tokens")
      .where("owner", "=", owner)
      .where("id", "=", storable(id))
      .returningAll()
      .executeTakeFirst();
    return row && fromRow(row);
  }
}

const toRow = (record: TokenRecord): TokenRow => ({
  id: record.id,
  hash: record.hash,
  owner: record.owner,
  name: storable(record.name),
  scopes: JSON.stringify(record.scopes),
  created_at: record.createdAt,
  expires_at: record.expiresAt,
  last_used_at: record.lastUsedAt,
});

/** @throws when somebody else than the router has written to the row: what it would allow is not guessed. */
function fromRow(row: TokenRow): TokenRecord {
  const owner = parseEmail(row.owner);
  const scopes = z.array(Scope).safeParse(parseJson(row.scopes));
  if (!owner || !scopes.success) throw new Error(`The stored access token ${row.id} cannot be read`);
  return {
    id: row.id,
    hash: row.hash,
    owner,
    name: row.name,
    scopes: scopes.data,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
