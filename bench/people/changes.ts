import { performance } from "node:perf_hooks";
import type { SessionState } from "../../src/contracts/session.ts";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import type { Answer } from "../../test/harness/http.ts";
import type { TestRouter } from "../../test/harness/router.ts";
import type { List, ListClient } from "../../test/load/list-client.ts";
import { pushReport } from "../../test/load/push-report.ts";

/** A client that has not got a change after this will not get it. */
const LOST_MS = 20_000;

/** A session and whose it is. */
export interface Owned {
  readonly hash: SessionHash;
  readonly email: string;
  /** All that its owner has open. */
  readonly clients: readonly ListClient[];
}

/** Milliseconds until a change was at each client of its person. */
export interface Delays {
  /** From the moment in which the request that makes the change was sent. */
  readonly fromRequest: number[];
  /** From its answer; negative when the event was faster. */
  readonly fromAnswer: number[];
}

/** Makes a change and waits until each client of its person has it. */
export async function timeChange(
  { clients }: Owned,
  make: () => Promise<Answer>,
  isSeen: (list: List) => boolean,
): Promise<Delays> {
  const arrivals = clients.map((client) => inTime(client, isSeen));
  const begin = performance.now();
  const answer = await make();
  const answered = performance.now();
  if (answer.status >= 300) throw new Error(`a change was answered ${answer.status}: ${answer.text}`);
  const seen = await Promise.all(arrivals);
  return { fromRequest: seen.map((at) => at - begin), fromAnswer: seen.map((at) => at - answered) };
}

async function inTime(client: ListClient, isSeen: (list: List) => boolean): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const lost = new Promise<number>((resolve) => {
    timer = setTimeout(() => resolve(Infinity), LOST_MS);
  });
  const seen = client.next(isSeen).then(({ at }) => at);
  return Promise.race([seen, lost]).finally(() => clearTimeout(timer));
}

/** Whether a list shows the session in one of the states. */
export const shows =
  (hash: SessionHash, ...states: SessionState[]) =>
  ({ sessions }: List): boolean =>
    sessions.some((session) => session.hash === hash && states.includes(session.state));

/** Asks for a session to stop or to start, as its owner does. */
export const ask = (router: TestRouter, { hash, email }: Owned, action: "stop" | "resume" | "keepalive") =>
  router.api("POST", `/api/sessions/${hash}/${action}`, { as: email });

/** Pushes a report with a new title and a new message, as sessiond does while an agent works. */
export function timeReport(router: TestRouter, session: Owned, round: number): Promise<Delays> {
  const { hash } = session;
  const title = `Round ${round}`;
  const push = () => pushReport(router, hash, { title, text: `${round} ${"word ".repeat(400)}` });
  return timeChange(session, push, ({ sessions }) =>
    sessions.some((other) => other.hash === hash && other.title === title),
  );
}
