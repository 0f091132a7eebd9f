import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { call } from "../../test/harness/http.ts";
import type { TestRouter } from "../../test/harness/router.ts";
import type { List, ListClient } from "../../test/load/list-client.ts";
import { ask, shows, timeChange, timeReport, type Delays, type Owned } from "./changes.ts";

const LOOK_EVERY_MS = 250;
const REPORT_EVERY_MS = 500;
const REST_MS = 1_000;

export interface Crowd {
  readonly people: readonly { readonly email: string; readonly clients: readonly ListClient[] }[];
  /** Sessions that run. */
  readonly running: readonly Owned[];
  /** How many of them are stopped and resumed all the time; the agents of the others work. */
  readonly restless: number;
}

export interface Measured extends Delays {
  /** Milliseconds that each `GET /api/sessions` took. */
  readonly lists: number[];
  /** The same of `GET /healthz`, for which the router does nothing: what the machine makes everything wait. */
  readonly health: number[];
  /** Lists in which a session of somebody else was. */
  foreign: number;
}

/** Everybody looks at their list while the sessions of some change. */
export async function load(router: TestRouter, crowd: Crowd, seconds: number): Promise<Measured> {
  const measured: Measured = { lists: [], health: [], foreign: 0, fromRequest: [], fromAnswer: [] };
  const end = performance.now() + seconds * 1_000;
  const goesOn = () => performance.now() < end;
  const note = ({ fromRequest, fromAnswer }: Delays) => {
    measured.fromRequest.push(...fromRequest);
    measured.fromAnswer.push(...fromAnswer);
  };
  const { people, running, restless } = crowd;
  await Promise.all([
    ...people.map(async ({ email }, place) => {
      await delay((place * LOOK_EVERY_MS) / people.length);
      for (; goesOn(); await delay(LOOK_EVERY_MS)) {
        const begin = performance.now();
        const answer = await router.api("GET", "/api/sessions", { as: email });
        measured.lists.push(performance.now() - begin);
        if (!isOf(email, answer.json<List>())) measured.foreign += 1;
        const asked = performance.now();
        await call(router.ports.internal, "/healthz");
        measured.health.push(performance.now() - asked);
      }
    }),
    ...running.slice(0, restless).map(async (session) => {
      for (; goesOn(); await delay(REST_MS)) {
        note(await timeChange(session, () => ask(router, session, "stop"), shows(session.hash, "stopping", "stopped")));
        await until(session, shows(session.hash, "stopped"));
        note(await timeChange(session, () => ask(router, session, "resume"), shows(session.hash, "starting")));
        await until(session, shows(session.hash, "running"));
      }
    }),
    ...running.slice(restless).map(async (session, place) => {
      await delay((place * REPORT_EVERY_MS) / running.length);
      for (let round = 1; goesOn(); round++, await delay(REPORT_EVERY_MS)) {
        note(await timeReport(router, session, round));
        await ask(router, session, "keepalive");
      }
    }),
  ]);
  return measured;
}

/** Waits until the owner's list is as asked for, if it is not yet. */
export async function until({ clients }: Owned, good: (list: List) => boolean): Promise<void> {
  const [client] = clients;
  if (client && !good(client.last)) await client.next(good);
}

/** Whether a list is this person's and nobody else's. */
export const isOf = (person: string, { email, sessions }: List): boolean =>
  email === person && sessions.length > 0 && sessions.every(({ owner }) => owner === person);
