import { can } from "../../contracts/session.ts";
import type { Session, SessionAction, SessionState } from "../../contracts/session.ts";

/** The states in which a button says something new; the API allows more, because its routes may be repeated. */
const USEFUL: Partial<Record<SessionAction, readonly SessionState[]>> = {
  resume: ["stopped", "failed"],
  stop: ["starting", "running"],
  delete: ["starting", "running", "stopping", "stopped", "failed"],
};

export const offers = (action: SessionAction, session: Pick<Session, "state" | "url">): boolean =>
  can(action, session.state) &&
  (USEFUL[action]?.includes(session.state) ?? true) &&
  (action !== "open" || session.url !== null);
