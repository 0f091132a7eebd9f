import { expect, test } from "vitest";
import type { Problem } from "../../src/contracts/problem.ts";
import type { Session } from "../../src/contracts/session.ts";
import type { Answer } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";

const create = (router: TestRouter, as?: string): Promise<Answer> =>
  router.api("POST", "/api/sessions", { body: {}, ...(as === undefined ? {} : { as }) });

const countOf = async (router: TestRouter): Promise<number> =>
  (await router.api("GET", "/api/sessions")).json<{ sessions: unknown[] }>().sessions.length;

function expectLimit(answer: Answer, name: string, value: number): void {
  expect([answer.status, answer.text]).toEqual([429, expect.stringContaining(name)]);
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  expect(answer.json<Problem>()).toMatchObject({ code: "limit_reached" });
  expect(answer.json<Problem>().detail).toMatch(new RegExp(`${name} of ${value} is reached\\. \\S.*\\.$`));
}

async function stop(router: TestRouter, { hash }: Session): Promise<void> {
  await router.api("POST", `/api/sessions/${hash}/stop`);
  await router.waitFor(hash, "stopped");
}

test("a person has so many sessions, of which so many run", async () => {
  const env = { MAX_SESSIONS_PER_USER: "2", MAX_RUNNING_PER_USER: "1" };
  await using router = await startRouter({ auth: "proxy", env });
  const first = (await create(router)).json<Session>();
  expectLimit(await create(router), "MAX_RUNNING_PER_USER", 1);
  expect(await countOf(router)).toBe(1);
  await stop(router, first);

  // Many at once get the one place that is free, and no more.
  const answers = await Promise.all(Array.from({ length: 8 }, () => create(router)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 7 }, () => 429)]);
  expect(await countOf(router)).toBe(2);
  const second = answers.find(({ status }) => status === 201)?.json<Session>() as Session;
  expectLimit(await router.api("POST", `/api/sessions/${first.hash}/resume`), "MAX_RUNNING_PER_USER", 1);
  expect((await router.session(first.hash)).state).toBe("stopped");
  expectLimit(await create(router), "MAX_SESSIONS_PER_USER", 2);

  // Resuming what runs takes no place.
  expect((await router.api("POST", `/api/sessions/${second.hash}/resume`)).status).toBe(202);
  await stop(router, second);
  const resumed = await Promise.all(
    [first, second].map(({ hash }) => router.api("POST", `/api/sessions/${hash}/resume`)),
  );
  expect(resumed.map(({ status }) => status).toSorted()).toEqual([202, 429]);

  // Another person has places of their own, and a deleted session gives its place back.
  expect((await create(router, "bob@example.org")).status).toBe(201);
  for (const { hash } of [first, second]) await router.api("DELETE", `/api/sessions/${hash}`);
  for (const { hash } of [first, second]) await router.waitFor(hash, "gone");
  expect((await create(router)).status).toBe(201);
});

test("so many sessions start at once", async () => {
  await using router = await startRouter({ auth: "proxy", env: { MAX_CONCURRENT_STARTS: "1" } });
  const first = (await create(router)).json<Session>();
  expectLimit(await create(router, "bob@example.org"), "MAX_CONCURRENT_STARTS", 1);
  await router.waitFor(first.hash, "running");
  expect((await create(router, "bob@example.org")).status).toBe(201);
});
