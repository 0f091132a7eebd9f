import { expect } from "vitest";
import type { ControlPlane } from "../../cluster/harness/control-plane.ts";
import { eventually } from "../../harness/eventually.ts";

interface Controller {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas: number };
  readonly status: { readonly replicas: number; readonly conditions?: readonly { readonly message: string }[] };
}

/**
 * Waits until all pods of the namespaces are made, that is, let in by the rules there; none of them needs to run.
 * @returns the names of what makes them
 */
export const letIn = (plane: ControlPlane, namespaces: readonly string[]): Promise<string[]> =>
  eventually(async () => {
    const lists = namespaces.flatMap((namespace) =>
      ["replicasets", "statefulsets"].map((kind) => `/apis/apps/v1/namespaces/${namespace}/${kind}`),
    );
    const answers = await Promise.all(lists.map((path) => plane.api.get<{ items: Controller[] }>(path)));
    const controllers = answers.flatMap(({ items }) => items);
    const refused = controllers.filter(({ spec, status }) => status.replicas !== spec.replicas);
    expect(refused.flatMap(({ status }) => (status.conditions ?? []).map(({ message }) => message))).toEqual([]);
    expect(refused).toEqual([]);
    expect(controllers).not.toEqual([]);
    return controllers.map(({ metadata }) => metadata.name).toSorted();
  }, 20_000);
