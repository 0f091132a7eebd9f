export type Inputs = Readonly<Record<string, unknown>>;
export type Path = readonly (string | number)[];

/** As the engine writes a secret; the keys are Pulumi's. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const IS_SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** What stands for a secret in what a test compares. */
export const HIDDEN = "[secret]";

export const envelope = (value: unknown) => ({ [SIGNATURE]: IS_SECRET, value });

/** A value without its envelopes, and where they were. */
export function opened(value: unknown): { plain: Inputs; secretPaths: Path[] } {
  const secretPaths: Path[] = [];
  const open = (node: unknown, path: Path): unknown => {
    if (Array.isArray(node)) return node.map((one, index) => open(one, [...path, index]));
    if (typeof node !== "object" || node === null) return node;
    const object = node as Record<string, unknown>;
    if (object[SIGNATURE] === IS_SECRET) {
      secretPaths.push(path);
      // What is in it is secret already.
      return withoutEnvelopes(object["value"]);
    }
    return Object.fromEntries(Object.entries(object).map(([name, one]) => [name, open(one, [...path, name])]));
  };
  return { plain: open(value, []) as Inputs, secretPaths };
}

const withoutEnvelopes = (value: unknown): unknown => opened({ value }).plain["value"];

/** Whether what is there was in an envelope. @param secretPaths where envelopes were */
export const isBelow = (path: Path, secretPaths: readonly Path[]): boolean =>
  secretPaths.some((place) => place.every((step, index) => path[index] === step));

/** A value as a preview shows it: without anything of what was in an envelope. */
export function hidden(value: unknown, secretPaths: readonly Path[], path: Path = []): unknown {
  if (isBelow(path, secretPaths)) return HIDDEN;
  if (Array.isArray(value)) return value.map((one, index) => hidden(one, secretPaths, [...path, index]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, hidden(one, secretPaths, [...path, name])]),
  );
}
