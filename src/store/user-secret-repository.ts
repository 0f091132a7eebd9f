import type { Kysely } from "kysely";
import type { Email } from "../contracts/email.ts";
import type { SecretRecord, UserSecretRepository } from "../people/store.ts";
import type { Tables } from "./schema.ts";
import { storable } from "./storable.ts";

export class SqlUserSecretRepository implements UserSecretRepository {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async ofOwner(owner: Email): Promise<SecretRecord[]> {
    const rows = await this.#db
      .selectFrom("user_secrets")
      .select(["name", "sealed", "updated_at"])
      .where("owner", "=", owner)
      .orderBy("name")
      .execute();
    return rows.map((row) => ({ owner, name: row.name, sealed: row.sealed, updatedAt: row.updated_at }));
  }

  async put({ owner, name, sealed, updatedAt }: SecretRecord): Promise<void> {
    const content = { sealed, updated_at: updatedAt };
    await this.#db
      .insertInto("user_secrets")
      .values({ owner, name, ...content })
      .onConflict((conflict) => conflict.columns(["owner", "name"]).doUpdateSet(content))
      .execute();
  }

  async remove(owner: Email, name: string): Promise<boolean> {
    const result = await this.#db
      .deleteFrom("user_secrets")
      .where("owner", "=", owner)
      .where("name", "=", storable(name))
      .executeTakeFirst();
    return result.numDeletedRows === 1n;
  }
}
