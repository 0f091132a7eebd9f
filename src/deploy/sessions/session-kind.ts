import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type * as kubernetes from "@pulumi/kubernetes";
import { parse } from "yaml";
import { z } from "zod";

type DefinitionArgs = kubernetes.apiextensions.v1.CustomResourceDefinitionArgs;

/** What `kubectl apply -f` takes, too. */
const FILE = fileURLToPath(new URL("../crds/session.yaml", import.meta.url));

const Definition = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()) }),
  spec: z.looseObject({ group: z.string() }),
});

/** The kind `Session`, as its file defines it. @throws Error when the file is none */
export function sessionKind(): Pick<DefinitionArgs, "metadata" | "spec"> {
  const { metadata, spec } = Definition.parse(parse(readFileSync(FILE, "utf8")));
  return { metadata, spec: spec as unknown as NonNullable<DefinitionArgs["spec"]> };
}
