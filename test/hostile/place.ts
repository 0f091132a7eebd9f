import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { call } from "../harness/http.ts";
import { RawTarget } from "../harness/raw-target.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";

export interface HostilePlace {
  readonly router: TestRouter;
  readonly hash: string;
  /** What listens in Alice's session. */
  readonly target: RawTarget;
}

/** A router with a session of Alice for a file of tests; after each test all three listeners must still be those of the same process. */
export function hostilePlace(options: Parameters<typeof startRouter>[0] = {}): HostilePlace {
  const place: { router?: TestRouter; hash?: string; target?: RawTarget } = {};
  let pid = 0;
  beforeAll(async () => {
    const router = await startRouter({ auth: "proxy", ...options });
    Object.assign(place, { router });
    pid = router.pid;
    const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
    await router.waitFor(hash, "running");
    Object.assign(place, { hash, target: await RawTarget.start(router, hash) });
  });
  afterAll(async () => {
    await place.target?.[Symbol.asyncDispose]();
    await place.router?.[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    const { router, target } = place as HostilePlace;
    expect((await call(router.ports.internal, "/readyz")).status).toBe(200);
    expect((await call(router.ports.attach, "/session", { headers: { host: "127.0.0.1" } })).status).toBe(401);
    await target.seen();
    expect([router.pid, router.output.includes('"level":50')]).toEqual([pid, false]);
  });
  return place as HostilePlace;
}
