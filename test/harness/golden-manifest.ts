import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { Document, isScalar, parse, visit } from "yaml";
import { isObject, type ClusterObject } from "./invariants/objects.ts";
import type { Captured } from "./captured.ts";
import type { MockedStack } from "./mock-stack.ts";
import { HIDDEN, isBelow, type Path } from "./secret-envelopes.ts";

const FOLDER = new URL("../golden/", import.meta.url);
const CRDS = new URL("../../src/deploy/crds/", import.meta.url);

/** What is committed for a configuration; with `UPDATE_GOLDEN=1` it is what is there now. */
export function goldenManifest(name: string, now: string): string {
  const file = new URL(`${name}.yaml`, FOLDER);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, now);
  }
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** A stack as text: every object of the cluster by its place, with `[secret]` for secrets; then what else there is. */
export function manifestOf(stack: MockedStack): string {
  const objects = stack.resources.filter(isObject);
  const others = stack.resources.filter((one) => one.custom && !isObject(one));
  const outputs = stack.outputs.find(({ of }) => of === "");
  return [
    ...objects.map((one) => ({ key: sortKey(one), text: document(shown(one), notes(one)) })).toSorted(byKey),
    ...others
      .map((one) => ({
        key: `${one.type} ${one.name}`,
        text: document({ [one.name]: other(one) }, [one.type, ...notes(one)]),
      }))
      .toSorted(byKey),
    { text: document({ outputs: masked(outputs?.outputs, outputs?.secretPaths ?? []) }, ["outputs of the stack"]) },
  ]
    .map(({ text }) => text)
    .join("---\n");
}

const byKey = (one: { key: string }, another: { key: string }): number => (one.key < another.key ? -1 : 1);

const sortKey = ({ inputs, name }: Captured): string => {
  const { kind, metadata } = inputs as unknown as ClusterObject;
  return [metadata.namespace ?? "", kind, metadata.name, name].join(" ");
};

/** What the engine does with it besides. */
const notes = ({ options, type }: Captured): string[] => [
  ...(type.endsWith("Patch") ? ["only these fields of an object that is there"] : []),
  ...(options.protect ? ["protected"] : []),
  ...(options.retainOnDelete ? ["stays when the stack goes"] : []),
  ...(options.ignoreChanges.length > 0 ? [`ignores changes of ${options.ignoreChanges.join(", ")}`] : []),
];

function shown({ inputs, secretPaths }: Captured): unknown {
  const object = masked(inputs, secretPaths) as unknown as ClusterObject & { spec?: unknown };
  if (object.kind !== "CustomResourceDefinition") return object;
  const file = "session.yaml";
  const { spec } = parse(readFileSync(new URL(file, CRDS), "utf8")) as { spec: unknown };
  return isDeepStrictEqual(spec, object.spec) ? { ...object, spec: `of ${file}` } : object;
}

/** Of a dynamic provider the text of its functions is left out. */
const other = ({ inputs, secretPaths }: Captured): unknown => {
  const { __provider: _functions, ...rest } = inputs;
  return masked(rest, secretPaths);
};

/** The keys of a secret object are none. */
const masked = (value: unknown, secretPaths: readonly Path[], path: Path = []): unknown => {
  if (Array.isArray(value)) return value.map((one, index) => masked(one, secretPaths, [...path, index]));
  if (typeof value !== "object" || value === null) return isBelow(path, secretPaths) ? HIDDEN : value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, masked(one, secretPaths, [...path, name])]),
  );
};

function document(value: unknown, comments: readonly string[]): string {
  const made = new Document(value, { aliasDuplicateObjects: false });
  if (comments.length > 0) made.commentBefore = ` ${comments.join("; ")}`;
  // Ports and ranges in one line each: the files are read by people.
  visit(made, {
    Seq: (_key, node) => {
      if (node.items.every((item) => isScalar(item) && String(item.value).length < 40)) node.flow = true;
    },
  });
  return made.toString({ lineWidth: 0, flowCollectionPadding: false });
}
