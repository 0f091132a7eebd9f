import type { Kysely } from "kysely";
import { AUDIT_ACTIONS, type AuditAction } from "../contracts/audit.ts";
import { parseEmail } from "../contracts/email.ts";
import type { AuditRecord, AuditRepository } from "../people/store.ts";
import type { AuditRow, Tables } from "./schema.ts";
import { storable } from "./storable.ts";

type Page = Parameters<AuditRepository["page"]>[0];
type Prune = Parameters<AuditRepository["prune"]>[0];

export class SqlAuditRepository implements AuditRepository {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async add(record: AuditRecord): Promise<void> {
    const { id, at, actor, action } = record;
    const text = { subject: storable(record.subject), detail: storable(record.detail) };
    await this.#db
      .insertInto("audit")
      .values({ id, at, actor, action, ...text })
      .execute();
  }

  async page({ limit, before }: Page): Promise<AuditRecord[]> {
    const all = this.#db.selectFrom("audit").selectAll().orderBy("id", "desc").limit(limit);
    const rows = await (before === undefined ? all : all.where("id", "<", storable(before))).execute();
    return rows.map(fromRow);
  }

  async prune({ before, keep }: Prune): Promise<void> {
    await this.#db.deleteFrom("audit").where("at", "<", before).execute();
    const { id } =
      (await this.#db
        .selectFrom("audit")
        .select("id")
        .orderBy("id", "desc")
        .offset(keep)
        .limit(1)
        .executeTakeFirst()) ?? {};
    if (id !== undefined) await this.#db.deleteFrom("audit").where("id", "<=", id).execute();
  }
}

/** @throws when somebody else than the router has written to the row. */
function fromRow(row: AuditRow): AuditRecord {
  const actor = parseEmail(row.actor);
  if (!actor || !isAction(row.action)) throw new Error(`The stored audit entry ${row.id} cannot be read`);
  return { ...row, actor, action: row.action };
}

const isAction = (text: string): text is AuditAction => (AUDIT_ACTIONS as readonly string[]).includes(text);
