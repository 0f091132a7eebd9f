import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { FaultRoom } from "./fault-room.ts";
import { MinimalNode } from "./harness/minimal-node.ts";
import { MERGE_PATCH } from "./harness/test-api.ts";

/** Long enough for a busy machine to renew a lease in time. */
const SILENCE_SECONDS = 15;
const GONE_SECONDS = 3;

let room: FaultRoom;
/** Takes what the first node lets go of; the storage is the cluster's. */
let second: MinimalNode;
beforeAll(async () => {
  room = await FaultRoom.open({ nodeSilenceSeconds: SILENCE_SECONDS, nodeGoneSeconds: GONE_SECONDS });
});
afterAll(async () => {
  await second?.[Symbol.asyncDispose]();
  await room?.[Symbol.asyncDispose]();
});

/** Follows the pods of the sessions. @returns what there was of them, in its order, and the most at one time */
function followPods(signal: AbortSignal) {
  const path = `/api/v1/namespaces/${room.namespace}/pods`;
  const alive = new Set<string>();
  const story: string[] = [];
  let most = 0;
  const following = (async () => {
    for await (const event of room.plane.api.follow<V1Pod>(path, signal))
      for (const pod of event.type === "LIST" ? event.items : [event.object]) {
        const uid = pod.metadata?.uid ?? "";
        if (event.type === "DELETED" ? alive.delete(uid) : !alive.has(uid) && alive.add(uid))
          story.push(`${event.type === "DELETED" ? "gone" : "made"} ${uid}`);
        most = Math.max(most, alive.size);
      }
  })().catch((cause: unknown) => {
    if (!signal.aborted) throw cause;
  });
  return { story, most: () => most, following };
}

test("a session whose node is gone for good says so, and runs elsewhere once its pod is", async () => {
  const { router, node, plane } = room;
  const hash = await room.running();
  const conversation = await room.converse(hash);
  expect(await room.sh(hash, "echo mine > ~/kept")).toBe(0);
  const uid = await room.podUid(hash);
  second = await MinimalNode.start(plane, { storage: node.storage });
  const stop = new AbortController();
  const pods = followPods(stop.signal);

  await node.vanish();
  // The cluster deletes the pod, and nobody confirms that it has ended.
  await eventually(async () => expect((await room.findPod(hash))?.metadata?.deletionTimestamp).toBeDefined(), 120_000);
  await router.waitFor(hash, "starting");
  const stuck = await eventually(async () => {
    const session = await router.session(hash);
    expect(session).toMatchObject({ state: "failed", reason: "sessiond_crashed" });
    return session;
  }, 180_000);
  const sentence = `The machine that the session ran on (${node.name}) does not answer. The session starts elsewhere by itself`;
  expect(stuck.message).toContain(sentence);
  await room.kubectlTells(hash, "failed");
  expect(await room.kubectl("get", "session", hash, "--output=jsonpath={.status.conditions[*].message}")).toContain(
    sentence,
  );
  const asked = await router.onSession(hash, "/session");
  expect([asked.status, asked.json()]).toEqual([503, expect.objectContaining({ detail: stuck.message })]);
  expect(await room.podUid(hash)).toBe(uid);

  // What an operator says who has made sure of it (kubernetes.io: "non-graceful node shutdown").
  const path = `/api/v1/nodes/${node.name}`;
  const { spec } = await plane.api.get<V1Node>(path);
  const taints = [
    ...(spec?.taints ?? []),
    { key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" },
  ];
  await plane.api.call("PATCH", path, { spec: { taints } }, MERGE_PATCH);
  const next = await room.runsElsewhere(hash, uid);
  expect((await room.findPod(hash))?.spec?.nodeName).toBe(second.name);
  expect((await router.onSession(hash, "/session")).text).toContain(conversation);
  expect(await room.sh(hash, 'test "$(cat ~/kept)" = mine', second)).toBe(0);
  await room.kubectlTells(hash, "running");

  stop.abort();
  await pods.following;
  expect(pods.story).toEqual([`made ${uid}`, `gone ${uid}`, `made ${next}`]);
  expect(pods.most()).toBe(1);
}, 300_000);
