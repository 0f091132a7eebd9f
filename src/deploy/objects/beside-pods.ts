import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { selectorOf } from "./labels.ts";

type ObjectMeta = kubernetes.types.input.meta.v1.ObjectMeta & { readonly name: string };

/** An account of a program's own: whoever has no rights must not share one with somebody who has. @returns its name */
export const serviceAccount = (metadata: ObjectMeta, parent: pulumi.Resource): pulumi.Output<string> =>
  new kubernetes.core.v1.ServiceAccount(metadata.name, { metadata, automountServiceAccountToken: false }, { parent })
    .metadata.name;

/**
 * Lets nodes be emptied one pod after the other. Not for one pod alone, which it would be no help to.
 * @param prefix the stack's `name`; that of the object is the program's
 */
export function disruptionBudget(prefix: string, metadata: ObjectMeta, parent: pulumi.Resource): void {
  const selector = { matchLabels: selectorOf(prefix, metadata.name) };
  new kubernetes.policy.v1.PodDisruptionBudget(
    metadata.name,
    { metadata, spec: { maxUnavailable: 1, selector } },
    { parent },
  );
}
