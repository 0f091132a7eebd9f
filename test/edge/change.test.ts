import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, eventually, open } from "../harness/http.ts";
import { EDGE_SECRET } from "../harness/router.ts";
import { EdgePlace } from "./harness/place.ts";

const NEW_SECRET = "the-new-secret-of-the-edge";

let folder: string;
let place: EdgePlace;
/** As a mounted secret has them; the router reads them when it starts. */
const routerKnows = async (secret: string, previous: string) => {
  await writeFile(join(folder, "secret"), secret);
  await writeFile(join(folder, "previous"), previous);
};
const restartRouter = async () => {
  await place.router.end("SIGTERM");
  await place.router.start();
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edge-secrets-"));
  await routerKnows(EDGE_SECRET, "");
  const files = { EDGE_SECRET_FILE: join(folder, "secret"), EDGE_SECRET_PREVIOUS_FILE: join(folder, "previous") };
  place = await EdgePlace.start({ env: { EDGE_SECRET: "", ...files } });
  await place.startSession();
});
afterAll(async () => {
  await place?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const me = () => place.edge.call("", "/api/me", { headers: { cookie: place.alice } });

/** Asks again and again, several at a time, until it is told to stop. @returns how often each status came */
function askOn(): { stop: () => Promise<Record<number, number>> } {
  const statuses: Record<number, number> = {};
  const stopped = new AbortController();
  const one = async () => {
    while (!stopped.signal.aborted) {
      const { status } = await me();
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  const all = Promise.all([one(), one(), one(), one()]);
  return {
    stop: async () => {
      stopped.abort();
      await all;
      return statuses;
    },
  };
}

test("Traefik that is told to end takes new requests for a while, and lets what is open end by itself", async () => {
  const { edge, dev, alice } = place;
  const headers = { host: edge.host(place.portHost(dev)), cookie: alice };
  const stream = await open(edge.ports.web, "/events", { headers });
  await once(stream, "data");
  const ended = edge.traefik.stop("SIGTERM", 60_000);
  const statusOf = (port: number, path: string) =>
    call(port, path).then(
      ({ status }) => status,
      () => "refused",
    );
  await eventually(
    () => statusOf(edge.ports.inside, "/ping"),
    (status) => status === 503,
  );
  expect((await me()).status).toBe(200);
  await eventually(
    () => statusOf(edge.ports.web, "/"),
    (status) => status === "refused",
  );
  // Not through Traefik, which is closed: to the dev server itself.
  await call(dev, "/second-event");
  expect(await text(stream)).toBe("data: 2\n\n");
  await ended;
  edge.traefik.start();
  await edge.untilReady();
  expect((await me()).status).toBe(200);
});

test("the edge's secret is rotated without a request that fails", async () => {
  // First the routers know both, then the edge says the new one, then the old one is forgotten.
  await routerKnows(NEW_SECRET, EDGE_SECRET);
  await restartRouter();
  const asking = askOn();
  const stream = await open(place.edge.ports.web, "/api/sessions/stream", {
    headers: { host: place.edge.host(""), cookie: place.alice, accept: "text/event-stream" },
  });
  stream.resume();
  // Routes change all at once: where this host is known, the secret is the new one.
  await place.edge.apply({ edgeSecret: NEW_SECRET, oauthHost: `sign-in.${place.edge.options.domain}` });
  await eventually(
    () => place.edge.call("sign-in", "/oauth2/auth"),
    ({ status }) => status === 401,
  );
  const before = await asking.stop();
  expect(Object.keys(before)).toEqual(["200"]);
  expect(before[200]).toBeGreaterThan(10);
  expect(stream.readableEnded || stream.destroyed).toBe(false);
  stream.destroy();

  await routerKnows(NEW_SECRET, "");
  await restartRouter();
  expect((await me()).status).toBe(200);
  await place.edge.apply();
  await eventually(me, ({ status }) => status === 401);
});
