import type { Kysely } from "kysely";
import type { SessionRecord } from "../sessions/store.ts";
import type { Tables } from "./schema.ts";
import { toRow } from "./session-row.ts";

/** A session whose record is kept outside of the database. When it was made tells it from another one of the same hash. */
export type Anchor = Pick<SessionRecord, "hash" | "owner" | "createdAt">;

/** No router has such a name: none takes an anchor for a session that it should run. */
const HOME = "outside";

/** Rows to which the messages and shares of sessions belong that are kept elsewhere: with an anchor they go. */
export class SqlAnchorRepository {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  all(): Promise<Pick<Anchor, "hash" | "createdAt">[]> {
    const rows = this.#db.selectFrom("sessions").where("home", "=", HOME);
    return rows.select(["hash", "created_at as createdAt"]).$narrowType<Pick<Anchor, "hash">>().execute();
  }

  /** What belongs to an earlier session of the same hash goes. */
  async put({ hash, owner, createdAt }: Anchor): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom("sessions").where("hash", "=", hash).where("created_at", "<>", createdAt).execute();
      await transaction
        .insertInto("sessions")
        .values(toRow({ ...NOTHING, hash, owner, createdAt, lastActivity: createdAt }))
        .onConflict((conflict) => conflict.column("hash").doNothing())
        .execute();
    });
  }

  async remove({ hash, createdAt }: Pick<Anchor, "hash" | "createdAt">): Promise<void> {
    const rows = this.#db.deleteFrom("sessions").where("home", "=", HOME);
    await rows.where("hash", "=", hash).where("created_at", "=", createdAt).execute();
  }
}

const NOTHING = {
  repoUrl: null,
  branch: null,
  sourceBranch: null,
  initialMessage: null,
  initialMessageDone: true,
  desired: "stopped",
  failure: null,
  failedStarts: 0,
  title: null,
  description: null,
  conversation: null,
  attachNonce: "",
  home: HOME,
  seen: null,
} as const satisfies Omit<SessionRecord, keyof Anchor | "lastActivity">;
