import type { TestRouter } from "../../test/harness/router.ts";
import type { ListClient } from "../../test/load/list-client.ts";
import type { ApiCalls } from "./api-calls.ts";
import type { PlainServer } from "./plain-server.ts";
import type { Member, Place } from "./stored-sessions.ts";

/** Everything that the parts of the bench look at. */
export interface Scene extends Place {
  readonly router: TestRouter;
  readonly members: readonly Member[];
  /** One open tab of each person. */
  readonly clients: ReadonlyMap<string, ListClient>;
  readonly calls: ApiCalls;
  readonly plain: PlainServer;
}

export const ADMIN = "admin@example.org";
