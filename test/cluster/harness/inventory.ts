import type { KubernetesObject } from "@kubernetes/client-node";
import type { TestApi } from "./test-api.ts";

interface Item extends KubernetesObject {
  readonly spec?: { readonly desired?: string };
  readonly status?: {
    readonly state?: string;
    readonly failure?: { readonly reason: string; readonly message: string };
  };
  readonly data?: Readonly<Record<string, string>>;
}

export interface Inventory {
  readonly sessions: readonly Item[];
  readonly pods: readonly Item[];
  /** Without those of people. */
  readonly secrets: readonly Item[];
  readonly claims: readonly Item[];
}

const HASH_LABEL = "opencode-router.dev/session";

/** Everything of the sessions that is in a namespace. */
export async function inventory(api: TestApi, namespace: string): Promise<Inventory> {
  const list = async (path: string) => (await api.get<{ items: Item[] }>(path)).items;
  const core = (plural: string) => list(`/api/v1/namespaces/${namespace}/${plural}?labelSelector=${HASH_LABEL}`);
  const [sessions, pods, secrets, claims] = await Promise.all([
    list(`/apis/opencode-router.dev/v1alpha1/namespaces/${namespace}/sessions`),
    core("pods"),
    core("secrets"),
    core("persistentvolumeclaims"),
  ]);
  return { sessions, pods, secrets, claims };
}

/** What does not fit together once everything has settled; empty when each session has what it should have, and no more. */
export function misfits({ sessions, pods, secrets, claims }: Inventory): string[] {
  const known = new Map(sessions.map((session) => [session.metadata?.uid, session]));
  const orphans = [...pods, ...secrets, ...claims].flatMap((object) => {
    const owners = object.metadata?.ownerReferences ?? [];
    return owners.some(({ uid }) => known.has(uid)) ? [] : [`${object.metadata?.name} belongs to no session`];
  });
  return [...orphans, ...sessions.flatMap((session) => sessionMisfits(session, { pods, secrets, claims }))];
}

function sessionMisfits(session: Item, others: Omit<Inventory, "sessions">): string[] {
  const hash = session.metadata?.name ?? "";
  const { desired = "" } = session.spec ?? {};
  const counts = [others.pods, others.secrets, others.claims].map((of) => of.filter(isOf(hash)).length);
  const going = others.pods
    .filter(isOf(hash))
    .filter(({ metadata }) => metadata?.deletionTimestamp !== undefined).length;
  const found = `${session.status?.state} with pod+secret+claim ${counts.join("+")}${going > 0 ? ", one going" : ""}`;
  const fits = desired === "running" ? /^running .* 1\+1\+1$/ : /^stopped .* 0\+0\+[01]$/;
  return fits.test(found) ? [] : [`${hash} should be ${desired} and is ${found}`];
}

const isOf =
  (hash: string) =>
  ({ metadata }: Item): boolean =>
    metadata?.labels?.[HASH_LABEL] === hash;
