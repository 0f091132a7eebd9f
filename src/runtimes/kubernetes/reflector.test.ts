import { expect, onTestFinished, test } from "vitest";
import { FakeClock, settled } from "../../../test/harness/fake-clock.ts";
import { ScriptedCluster } from "../../../test/harness/scripted-cluster.ts";
import { silentLog } from "../../lib/log.ts";
import { errorOfAnswer, errorOfConnection, type StatusBody } from "./api-error.ts";
import { KINDS } from "./cluster-client.ts";
import { ObjectCache, type KubeObject } from "./object-cache.ts";
import { reflect } from "./reflector.ts";

const object = (name: string, version: number): KubeObject => ({
  metadata: { name, uid: `uid-of-${name}`, resourceVersion: String(version) },
});

const added = (name: string, version: number) => ({ type: "ADDED", object: object(name, version) }) as const;
const deleted = (name: string, version: number) => ({ type: "DELETED", object: object(name, version) }) as const;
const bookmark = (version: number) =>
  ({ type: "BOOKMARK", object: { metadata: { resourceVersion: String(version) } } }) as const;

const goneBody: StatusBody = {
  kind: "Status",
  code: 410,
  reason: "Expired",
  message: "too old resource version: 1 (9)",
};
const gone = errorOfAnswer("watch pods", { status: 410, body: JSON.stringify(goneBody) }, 0);
const away = errorOfConnection("list pods", new Error("connect ECONNREFUSED"));
const busy = errorOfAnswer("list pods", { status: 429, retryAfter: "120", body: "" }, 0);

async function open(script: (cluster: ScriptedCluster) => void = () => {}, random = 0) {
  const cluster = new ScriptedCluster();
  script(cluster);
  const clock = new FakeClock();
  const cache = new ObjectCache<KubeObject>();
  const changed: string[] = [];
  cache.changes.subscribe((name) => changed.push(name));
  const stop = new AbortController();
  const reflection = reflect({
    client: cluster,
    kind: KINDS.pods,
    labelSelector: "a=b",
    cache,
    clock,
    log: silentLog,
    signal: stop.signal,
    random: () => random,
  });
  onTestFinished(async () => {
    stop.abort();
    await reflection.ended;
  });
  await settled();
  const names = () => cache.all().map(({ metadata }) => metadata?.name);
  return { cluster, clock, cache, changed, names, stop, reflection };
}

test("lists page by page, then watches from the version of the list", async () => {
  const { cluster, names, reflection, clock } = await open((cluster) => {
    cluster.page = { items: [object("a", 1)], resourceVersion: "7", continue: "more" };
    cluster.pages.set("more", { items: [object("b", 2)], resourceVersion: "7", continue: "most" });
    cluster.pages.set("most", { items: [object("c", 3)], resourceVersion: "7" });
  });
  await reflection.synced;
  expect(names()).toEqual(["a", "b", "c"]);
  expect(cluster.lists).toEqual([
    { labelSelector: "a=b", limit: 500 },
    { labelSelector: "a=b", limit: 500, continue: "more" },
    { labelSelector: "a=b", limit: 500, continue: "most" },
  ]);
  expect(cluster.current.options).toMatchObject({ resourceVersion: "7", labelSelector: "a=b", timeoutSeconds: 240 });
  expect(reflection.status()).toEqual({ synced: true, lastHeardAt: clock.now() });
});

test("a watch that the server ends is taken up where it was, bookmarks counted, without a list", async () => {
  const { cluster, clock, names, changed } = await open();
  await cluster.current.say(added("a", 3), added("b", 4), deleted("a", 5), bookmark(9), "end");
  expect(names()).toEqual(["b"]);
  expect(changed).toEqual(["a", "b", "a"]);
  expect(cluster.current.options.resourceVersion).toBe("9");
  await clock.pass(240_000);
  await cluster.current.say("end");
  expect(cluster.watches.map(({ options }) => options.resourceVersion)).toEqual(["1", "9", "9"]);
  expect(cluster.lists).toHaveLength(1);
});

test("watches of several routers do not end together", async () => {
  const { cluster } = await open(undefined, 0.99);
  expect(cluster.current.options.timeoutSeconds).toBe(299);
});

test.each([
  ["an ERROR event", { type: "ERROR", object: goneBody } as const],
  ["the answer 410", gone],
])("history that is gone, by %s: everything is listed, and what vanished is told", async (_, end) => {
  const { cluster, clock, names, changed } = await open((cluster) => {
    cluster.page = { items: [object("a", 1), object("b", 2)], resourceVersion: "3" };
  });
  changed.length = 0;
  cluster.page = { items: [object("b", 2), object("c", 8)], resourceVersion: "9" };
  await cluster.current.say(end);
  expect(names()).toEqual(["a", "b"]);
  await clock.pass(1000);
  expect(names()).toEqual(["b", "c"]);
  expect(changed.toSorted()).toEqual(["a", "c"]);
  expect(cluster.current.options.resourceVersion).toBe("9");
});

test("a watch that is cut is taken up where it was", async () => {
  const { cluster, clock, reflection } = await open();
  const heardAt = clock.now();
  await clock.pass(5_000);
  await cluster.current.say(added("a", 3), away);
  expect(reflection.status()).toEqual({ synced: true, lastHeardAt: heardAt + 5_000, failingSince: heardAt + 5_000 });
  await clock.pass(500);
  expect(cluster.current.options.resourceVersion).toBe("3");
  expect(cluster.lists).toHaveLength(1);
  expect(reflection.status()).toEqual({ synced: true, lastHeardAt: heardAt + 5_500 });
});

test("an outage leaves what is known; what happened meanwhile is found by a list", async () => {
  const { cluster, clock, names, reflection } = await open((cluster) => {
    cluster.page = { items: [object("a", 1), object("b", 2)], resourceVersion: "3" };
  });
  const since = clock.now();
  cluster.watchFailures.push(away, away);
  cluster.listFailures.push(away, away, away);
  await cluster.current.say(away);
  await clock.pass(3_000);
  cluster.page = { items: [object("b", 2), object("c", 8)], resourceVersion: "9" };
  expect(names()).toEqual(["a", "b"]);
  expect(reflection.status().failingSince).toBe(since);
  await clock.pass(60_000);
  expect(names()).toEqual(["b", "c"]);
  expect(reflection.status()).toMatchObject({ synced: true });
  expect(reflection.status().failingSince).toBeUndefined();
});

test("an API that is away is asked ever more rarely, and never less than every 45 seconds", async () => {
  const { cluster, clock, reflection } = await open((cluster) => {
    cluster.listFailures.push(...Array.from({ length: 1000 }, () => away));
  }, 0.999);
  const first = cluster.lists.length;
  await clock.pass(30_000);
  const soon = cluster.lists.length - first;
  expect(soon).toBeGreaterThanOrEqual(4);
  expect(soon).toBeLessThanOrEqual(6);
  await clock.pass(600_000);
  expect(cluster.lists.length - first - soon).toBeGreaterThanOrEqual(13);
  expect(cluster.lists.length - first - soon).toBeLessThanOrEqual(15);
  expect(reflection.status().synced).toBe(false);
  cluster.listFailures.length = 0;
  await clock.pass(45_000);
  await reflection.synced;
});

test("a server that asks to wait is left alone for that long", async () => {
  const { cluster, clock } = await open((cluster) => cluster.listFailures.push(busy));
  await clock.pass(119_999);
  expect(cluster.lists).toHaveLength(1);
  await clock.pass(1);
  expect(cluster.lists).toHaveLength(2);
});

test("watches that are refused while lists work are not asked for in a hurry", async () => {
  const { cluster, clock } = await open((cluster) => {
    cluster.watchFailures.push(...Array.from({ length: 1000 }, () => gone));
  });
  await clock.pass(600_000);
  expect(cluster.watches.length).toBeLessThan(30);
  expect(cluster.lists.length).toBeLessThan(30);
});

test("watches that end at once are not asked for in a hurry", async () => {
  const { cluster, clock } = await open();
  for (let n = 0; n < 5; n++) {
    await cluster.current.say("end");
    await settled();
  }
  expect(cluster.watches).toHaveLength(1);
  await clock.pass(500);
  expect(cluster.watches).toHaveLength(2);
});

test("a watch that has become silent is cut, and taken up where it was", async () => {
  const { cluster, clock, reflection } = await open();
  await clock.pass(100_000);
  await cluster.current.say(bookmark(5));
  const silent = cluster.current;
  await clock.pass(329_999);
  expect(silent.options.signal.aborted).toBe(false);
  expect(cluster.watches).toHaveLength(1);
  await clock.pass(1);
  expect(silent.options.signal.aborted).toBe(true);
  expect(reflection.status().failingSince).toBe(clock.now());
  await clock.pass(500);
  expect(cluster.watches).toHaveLength(2);
  expect(cluster.current.options.resourceVersion).toBe("5");
  expect(cluster.lists).toHaveLength(1);
});

test("everything is listed again in time, and only what is different is told", async () => {
  const { cluster, clock, changed, reflection } = await open((cluster) => {
    cluster.page = { items: [object("a", 1), object("b", 2)], resourceVersion: "3" };
  }, 0.5);
  changed.length = 0;
  const talk = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 60_000) {
      await clock.pass(60_000);
      await cluster.current.say(bookmark(4));
    }
  };
  await talk(540_000);
  expect(cluster.lists).toHaveLength(1);
  cluster.page = { items: [object("a", 1), object("b", 6)], resourceVersion: "7" };
  await talk(60_000);
  expect(cluster.lists).toHaveLength(2);
  expect(changed).toEqual(["b"]);
  expect(cluster.current.options.resourceVersion).toBe("7");
  expect(reflection.status().failingSince).toBeUndefined();
});

test("nothing is asked after the signal, and the open watch ends", async () => {
  const { cluster, clock, stop, reflection } = await open();
  stop.abort();
  await reflection.ended;
  expect(cluster.current.options.signal.aborted).toBe(true);
  await clock.pass(3_600_000);
  expect(cluster.lists).toHaveLength(1);
  expect(cluster.watches).toHaveLength(1);
});

test("who waits for the first list is told when it will not come", async () => {
  const { stop, reflection } = await open((cluster) => cluster.listFailures.push(away));
  stop.abort(new Error("closing"));
  await expect(reflection.synced).rejects.toThrow("closing");
  await reflection.ended;
});
