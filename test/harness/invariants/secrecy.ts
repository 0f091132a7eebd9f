import { isMarked } from "../marked-secrets.ts";
import type { MockedStack } from "../mock-stack.ts";
import { isBelow, type Path } from "../secret-envelopes.ts";
import { isObject, nameOf, type ClusterObject } from "./objects.ts";

/** Where a marked secret is that should be nowhere, or not without an envelope. */
export const secrecyProblems = ({ resources, outputs, warnings, errors }: MockedStack): string[] => [
  ...resources.flatMap((resource) => {
    const { inputs, secretPaths, type, name } = resource;
    const where = isObject(resource) ? nameOf(inputs as unknown as ClusterObject) : `${type} ${name}`;
    return markedPaths(inputs).flatMap((path) => [
      ...(isBelow(path, secretPaths) ? [] : [`${where}: ${path.join(".")} is a secret that Pulumi shows`]),
      ...(!isObject(resource) || mayHold(inputs as unknown as ClusterObject, path)
        ? []
        : [`${where}: ${path.join(".")} is a secret that the cluster shows`]),
    ]);
  }),
  ...outputs.flatMap(({ of, outputs: values, secretPaths }) => {
    const where = of === "" ? "the stack" : of;
    const marked = markedPaths(values).filter((path) => of === "" || !isBelow(path, secretPaths));
    return [
      ...marked.map((path) => `${where}: its output ${path.join(".")} is a secret`),
      ...(of === "" ? secretPaths.map((path) => `${where}: its output ${path.join(".")} came from a secret`) : []),
    ];
  }),
  ...[...warnings, ...errors].filter(isMarked).map(() => "a warning or error tells a secret"),
];

const DATA = ["data", "stringData"];

/** Secrets, and the one object of Traefik's that has to say the edge's. */
const mayHold = ({ kind, metadata }: ClusterObject, path: Path): boolean =>
  (kind === "Secret" && DATA.includes(String(path[0]))) ||
  (kind === "Middleware" && metadata.name.endsWith("-edge-secret") && path.at(-1) === "X-Edge-Secret");

function markedPaths(value: unknown, path: Path = []): Path[] {
  if (typeof value === "string") return isMarked(value) ? [path] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => [
    ...(isMarked(name) ? [[...path, name]] : []),
    ...markedPaths(one, [...path, Array.isArray(value) ? Number(name) : name]),
  ]);
}
