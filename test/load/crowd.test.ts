import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/http.ts";
import { prepareRouter, type TestRouter } from "../harness/router.ts";
import { storeCrowd, type Member } from "./crowd.ts";
import { ListClient, type List } from "./list-client.ts";
import { pushReport, TOKEN_SECRET } from "./push-report.ts";

const PEOPLE = 20;
const SESSIONS_EACH = 5;
const CLIENTS_EACH = 2;

interface Guest extends Member {
  readonly clients: readonly ListClient[];
}

let router: TestRouter;
let guests: Guest[];

beforeAll(async () => {
  router = await prepareRouter({ auth: "proxy", env: { TOKEN_SECRET } });
  const crowd = await storeCrowd(router, { people: PEOPLE, each: SESSIONS_EACH });
  await router.start();
  const tabs = Array.from({ length: CLIENTS_EACH }, (_, tab) => tab);
  guests = await Promise.all(
    crowd.map(async (member) => ({
      ...member,
      clients: await Promise.all(tabs.map(() => ListClient.open(router, member.email))),
    })),
  );
});
afterAll(async () => {
  for (const { clients } of guests ?? []) for (const client of clients) await client.close();
  await router?.[Symbol.asyncDispose]();
});

test("everybody gets a list of their own sessions, by request and by stream", async () => {
  for (const { email, hashes, clients } of guests) {
    const asked = (await router.api("GET", "/api/sessions", { as: email })).json<List>();
    for (const { list } of [{ list: asked }, ...clients.flatMap(({ arrivals }) => arrivals)]) {
      expect(list.email).toBe(email);
      expect(list.sessions.map(({ hash }) => hash).toSorted()).toEqual(hashes.toSorted());
      expect(list.sessions.every(({ owner }) => owner === email)).toBe(true);
    }
  }
});

test("each change is one event at each client of its person, and none at anybody else's", async () => {
  const before = counts();
  await Promise.all(
    guests.map(async ({ email, hashes, clients }) => {
      for (const hash of hashes) {
        const title = `${hash} of ${email}`;
        const isTold = (list: List) => list.sessions.some((one) => one.hash === hash && one.title === title);
        const told = Promise.all(clients.map((client) => client.next(isTold)));
        expect((await pushReport(router, hash, { title, text: title })).status).toBe(204);
        await told;
      }
    }),
  );
  expect(counts()).toEqual(before.map((count) => count + SESSIONS_EACH));
  for (const { email, clients } of guests)
    for (const { list } of clients.flatMap(({ arrivals }) => arrivals)) expect(foreign(list, email)).toEqual([]);
});

test("a report that says nothing new is no event", async () => {
  const before = counts();
  for (const { email, hashes } of guests)
    for (const hash of hashes) {
      const title = `${hash} of ${email}`;
      expect((await pushReport(router, hash, { title, text: "Something that no list shows" })).status).toBe(204);
    }
  await settled();
  expect(counts()).toEqual(before);
});

test("a session that is deleted goes from its person's lists, and nobody else is told", async () => {
  const [guest, ...others] = guests;
  const [hash = ""] = guest?.hashes ?? [];
  const before = others.flatMap(({ clients }) => clients.map(({ arrivals }) => arrivals.length));
  const gone = guest?.clients.map((client) =>
    client.next(({ sessions }) => sessions.every((session) => session.hash !== hash)),
  );
  expect((await router.api("DELETE", `/api/sessions/${hash}`, { as: guest?.email ?? "" })).status).toBe(204);
  await Promise.all(gone ?? []);
  await settled();
  expect(others.flatMap(({ clients }) => clients.map(({ arrivals }) => arrivals.length))).toEqual(before);
});

const counts = (): number[] => guests.flatMap(({ clients }) => clients.map(({ arrivals }) => arrivals.length));

const foreign = ({ sessions }: List, email: string) => sessions.filter(({ owner }) => owner !== email);

/** What was on its way has come: an event that was sent before an answer is read before it, or at once after. */
async function settled(): Promise<void> {
  let known = counts();
  await eventually(
    async () => {
      for (const { email } of guests) await router.api("GET", "/api/sessions", { as: email });
      const now = counts();
      const same = now.every((count, place) => count === known[place]);
      known = now;
      return same;
    },
    (same) => same,
  );
}
