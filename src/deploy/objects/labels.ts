import type * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../settings/settings.ts";

/** What tells the pods of a program from all others. It cannot change once a Deployment is there. */
export const selectorOf = (prefix: string, name: string): Labels => ({
  "app.kubernetes.io/name": name,
  "app.kubernetes.io/instance": prefix,
});

/** Of every object that the stack makes. @param prefix the stack's `name` */
export const labelsOf = (prefix: string, name: string): Labels => ({
  ...selectorOf(prefix, name),
  "app.kubernetes.io/part-of": "opencode-router",
  "app.kubernetes.io/managed-by": "pulumi",
});

interface Place {
  /** The stack's. */
  readonly name: string;
  readonly namespace: pulumi.Input<string>;
}

/** Of an object that belongs to a program. @param name of the object. Default: as the program */
export const metadataOf = ({ name: prefix, namespace }: Place, program: string, name: string = program) => ({
  name,
  namespace,
  labels: labelsOf(prefix, program),
});
