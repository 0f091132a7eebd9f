import { storedKeys } from "../../test/cluster/harness/etcd.ts";
import { quantile, type Figure } from "../figures.ts";

const MAX_KB = 20;
const OBJECTS = ["opencode-router.dev/sessions", "pods", "secrets", "persistentvolumeclaims"] as const;

/** What the cluster's own database holds of each session: the values of the session's objects, without the index. */
export async function measureStored(etcd: string, namespace: string): Promise<Figure[]> {
  const perSession = new Map<string, { bytes: number; runs: boolean }>();
  const parts: string[] = [];
  for (const kind of OBJECTS) {
    const keys = await storedKeys(etcd, `/registry/${kind}/${namespace}/`);
    for (const { key, bytes } of keys) {
      const hash = /\/(?:session-|home-)?([0-9a-f]{12})$/.exec(key)?.[1];
      if (hash === undefined) continue;
      const known = perSession.get(hash) ?? { bytes: 0, runs: false };
      perSession.set(hash, { bytes: known.bytes + bytes, runs: known.runs || kind === "pods" });
    }
    const sizes = keys.map(({ bytes }) => bytes);
    parts.push(`${kind} ${quantile(sizes, 0.5)} (at most ${Math.max(...sizes)})`);
  }
  process.stdout.write(`bytes in etcd: ${parts.join(", ")}\n`);
  const sizesOf = (runs: boolean) => [...perSession.values()].filter((one) => one.runs === runs).map(kilobytes);
  const [running, stopped] = [sizesOf(true), sizesOf(false)];
  return [
    { name: "etcd, a running session p50", value: quantile(running, 0.5), unit: " KB" },
    { name: "etcd, the largest running session", value: Math.max(...running), unit: " KB", target: MAX_KB },
    { name: "etcd, a stopped session p50", value: quantile(stopped, 0.5), unit: " KB" },
    { name: "etcd, the largest stopped session", value: Math.max(...stopped), unit: " KB", target: MAX_KB },
    ...(await besides({ etcd, namespace, running: running.length })),
  ];
}

const kilobytes = ({ bytes }: { readonly bytes: number }): number => bytes / 1024;

/** What the cluster itself keeps because of a session: events for an hour, and the volume. */
async function besides(place: { readonly etcd: string; readonly namespace: string; readonly running: number }) {
  const { etcd, namespace, running } = place;
  const sum = async (prefix: string) =>
    (await storedKeys(etcd, prefix)).reduce((total, { bytes }) => total + bytes, 0) / 1024 / running;
  return [
    { name: "etcd besides: events/running session", value: await sum(`/registry/events/${namespace}/`), unit: " KB" },
    { name: "etcd besides: volumes/running session", value: await sum("/registry/persistentvolumes/"), unit: " KB" },
  ];
}
