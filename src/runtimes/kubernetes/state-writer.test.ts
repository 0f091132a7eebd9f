import { expect, test } from "vitest";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { silentLog } from "../../lib/log.ts";
import { FakeClock, settled } from "../../../test/harness/fake-clock.ts";
import { ApiError, type ApiErrorKind } from "./api-error.ts";
import type { ClusterClient, Kind, Patch } from "./cluster-client.ts";
import { ObjectCache } from "./object-cache.ts";
import type { SessionResource } from "./objects.ts";
import { StateWriter, type ShownState } from "./state-writer.ts";

const HASH = "0123456789ab" as SessionHash;

/** One resource in a cluster, and a router that shows `shown` of it. */
function scene(shown: ShownState) {
  const clock = new FakeClock();
  const sessions = new ObjectCache<SessionResource>();
  let version = 1;
  let there: SessionResource = {
    apiVersion: "opencode-router.dev/v1alpha1",
    kind: "Session",
    metadata: { name: HASH, uid: "u", resourceVersion: "1" },
    spec: { hash: HASH, owner: "ann@example.org", desired: "running" },
    status: {},
  } as SessionResource;
  sessions.put(there);
  const change = (status: SessionResource["status"]) => {
    version += 1;
    there = {
      ...there,
      metadata: { ...there.metadata, resourceVersion: String(version) },
      status: { ...there.status, ...status },
    };
    return there;
  };
  /** What happens before the answer of the next write. */
  const before: (() => void)[] = [];
  const client: Pick<ClusterClient, "patch"> = {
    patch: async <T>(_kind: Kind, _name: string, { body }: Patch) => {
      before.shift()?.();
      const { metadata, status } = body as SessionResource;
      if (metadata.resourceVersion !== there.metadata.resourceVersion) throw refused("conflict");
      return change(status) as T;
    },
  };
  const state = { shown };
  const writer = new StateWriter({ client, sessions, shown: () => state.shown, clock, log: silentLog });
  const show = (next: ShownState) => {
    state.shown = next;
    writer.look(HASH);
  };
  return { clock, sessions, before, change, show, writer, told: () => there.status?.state };
}

const refused = (kind: ApiErrorKind) => new ApiError("refused", { kind, call: "patch" });
const STARTING: ShownState = { state: "starting" };
const RUNNING: ShownState = { state: "running" };

test("what becomes true while another state is being written is written next", async () => {
  const { clock, before, show, writer, told } = scene(RUNNING);
  writer.look(HASH);
  await clock.pass(1_000);
  expect(told()).toBe("running");
  // Stopped and started again so fast that the state is the old one before the write of the new one is answered.
  before.push(() => show(RUNNING));
  show(STARTING);
  await clock.pass(1_000);
  await clock.pass(1_000);
  expect(told()).toBe("running");
  await writer.close();
});

test("a state that meets a conflict is written once the other change is known", async () => {
  const { clock, before, sessions, change, show, writer, told } = scene(STARTING);
  writer.look(HASH);
  await clock.pass(1_000);
  before.push(() => void change({ title: "Another router's" }));
  show(RUNNING);
  await settled();
  expect(told()).toBe("starting");
  sessions.put(change({ title: "The watch's" }));
  await clock.pass(1_000);
  expect(told()).toBe("running");
  await writer.close();
});
