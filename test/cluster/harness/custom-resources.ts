import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { eventually } from "../../harness/eventually.ts";
import type { TestApi } from "./test-api.ts";

const FOLDER = new URL("../../../src/deploy/crds/", import.meta.url);
const PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

interface Definition {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Makes the product's own kinds of resources known, and waits until they are served. */
export async function applyDefinitions(api: TestApi): Promise<void> {
  for (const definition of definitions()) {
    await api.call("POST", PATH, definition);
    await eventually(async () => {
      const { status } = await api.get<Definition>(`${PATH}/${definition.metadata.name}`);
      const established = status?.conditions?.some(({ type, status }) => type === "Established" && status === "True");
      if (!established) throw new Error(`${definition.metadata.name} is not served`);
    });
  }
}

const definitions = (): Definition[] =>
  (existsSync(FOLDER) ? readdirSync(FOLDER) : [])
    .filter((name) => name.endsWith(".yaml"))
    .flatMap((name) => parseAllDocuments(readFileSync(new URL(name, FOLDER), "utf8")))
    .map((document) => document.toJS() as Definition);
