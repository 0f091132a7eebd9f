import type { Session } from "../../contracts/session.ts";

const newestFirst = (a: Session, b: Session): number =>
  b.createdAt.localeCompare(a.createdAt) || a.hash.localeCompare(b.hash);

/** By creation, so that rows do not jump about while people work in them. */
export const inOrder = (sessions: readonly Session[]): Session[] => sessions.toSorted(newestFirst);

/** The list with one session as an action has just told it, ahead of the next list from the stream. */
export const withSession = (sessions: readonly Session[], session: Session): Session[] =>
  inOrder([...sessions.filter((other) => other.hash !== session.hash), session]);
