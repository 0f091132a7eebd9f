import { startControlPlane, type ControlPlane } from "./control-plane.ts";
import { FakeNode } from "./fake-node.ts";
import { FakeSessiond } from "./fake-sessiond.ts";
import { startFakeRemote, type FakeRemote } from "./fake-remote.ts";

/** A true control plane for true routers; only the node and what would run in its pods are fakes. */
export interface FakeCluster extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly node: FakeNode;
  readonly sessiond: FakeSessiond;
  readonly remote: FakeRemote;
}

export async function startFakeCluster(): Promise<FakeCluster> {
  const started: AsyncDisposable[] = [];
  const end = async () => {
    for (const part of started.toReversed()) await part[Symbol.asyncDispose]();
  };
  const keep = <T extends AsyncDisposable>(part: T): T => {
    started.push(part);
    return part;
  };
  try {
    const remote = keep(await startFakeRemote());
    const sessiond = keep(await FakeSessiond.start());
    const plane = keep(await startControlPlane());
    const node = keep(await FakeNode.start(plane, { podIP: () => sessiond.address, delayMs: 50 }));
    return { plane, node, sessiond, remote, [Symbol.asyncDispose]: end };
  } catch (cause) {
    await end();
    throw cause;
  }
}
