import type { V1Pod } from "@kubernetes/client-node";
import { isSessionHash, type SessionHash } from "../../src/contracts/session-hash.ts";
import { SESSION_LABEL } from "../../src/contracts/cluster-names.ts";
import type { ControlPlane } from "../../test/cluster/harness/control-plane.ts";
import { FakeNode } from "../../test/cluster/harness/fake-node.ts";
import type { BareWatch } from "./bare-watch.ts";
import type { FakeSessionds } from "./fake-sessiond.ts";

const NODES = 5;
/** How long a pod takes to be ready, and to go: far less than a real one, so that the router has to keep up. */
const POD_MS = 500;

/** Nodes on which pods come up at once, each with a sessiond that answers. */
export async function startNodes(
  plane: ControlPlane,
  sessionds: FakeSessionds,
  { pods, known }: { readonly pods: BareWatch<V1Pod>; readonly known: ReadonlySet<SessionHash> },
): Promise<AsyncDisposable> {
  const podIP = (pod: V1Pod) => {
    const hash = hashOf(pod);
    if (hash) sessionds.boot(hash, !known.has(hash));
    return sessionds.address;
  };
  const first = await FakeNode.start(plane, { podIP, delayMs: POD_MS });
  const others = await Promise.all(
    Array.from({ length: NODES - 1 }, () => FakeNode.start(plane, { podIP, delayMs: POD_MS, storage: first.storage })),
  );
  const live = pods.changes.subscribe(({ type, object }) => {
    const hash = type === "DELETED" ? hashOf(object) : undefined;
    if (hash) sessionds.end(hash);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      live[Symbol.dispose]();
      for (const node of [...others, first]) await node[Symbol.asyncDispose]();
    },
  };
}

function hashOf({ metadata }: V1Pod): SessionHash | undefined {
  const hash = metadata?.labels?.[SESSION_LABEL] ?? "";
  return isSessionHash(hash) ? hash : undefined;
}
