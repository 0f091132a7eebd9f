import { z } from "zod";
import { isReservedVariable } from "../../contracts/session-variables.ts";
import type { Kind } from "./key.ts";
import { isCidr } from "./plain-kinds.ts";
import { QUANTITY } from "./quantity.ts";
import { SecretText } from "../../contracts/secret-text.ts";
import type { Egress, Labels, LimitSettings, Resources, Toleration } from "./settings.ts";

/** What a text of JSON holds, or one issue when it is none. */
function parseJson(text: string, context: z.RefinementCtx, shape: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue(`must be ${shape}: write it below its key in Pulumi.<stack>.yaml`);
    return z.NEVER;
  }
}

/** An array of strings, as JSON or separated by commas; a problem names the entry. */
export const list = <T>(entry: z.ZodType<T, string>, absent: readonly T[] = []): Kind<readonly T[]> => ({
  type: "list",
  absent,
  schema: z.string().transform((text, context): readonly T[] => {
    const given = text.startsWith("[") ? parseJson(text, context, "a list") : text.split(",");
    if (!Array.isArray(given)) return z.NEVER;
    return given.flatMap((one: unknown) => {
      if (typeof one !== "string" && typeof one !== "number") {
        context.addIssue(`${JSON.stringify(one)} must be a text`);
        return [];
      }
      const value = String(one).trim();
      if (value === "") return [];
      const parsed = entry.safeParse(value);
      if (parsed.success) return [parsed.data];
      context.addIssue(`${JSON.stringify(value)} ${sentences(parsed.error)}`);
      return [];
    });
  }),
});

/** JSON of a shape; a problem names the place in it, and never the value. */
const json = <T>(type: "array" | "object", schema: z.ZodType<T>, absent: T): Kind<T> => ({
  type,
  absent,
  schema: z.string().transform((text, context): T => {
    const given = parseJson(text, context, type === "array" ? "an array" : "an object");
    if (given === z.NEVER) return z.NEVER;
    const parsed = schema.safeParse(given);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues)
      context.addIssue(issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`);
    return z.NEVER;
  }),
});

const sentences = (error: z.ZodError): string => error.issues.map((issue) => issue.message).join("; ");

/** YAML has numbers and booleans where Kubernetes wants text. */
const scalar = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be a text, a number, true or false" })
  .transform(String);
const quantity = scalar.refine((value) => QUANTITY.test(value), { error: "must be a quantity such as 500m or 10Gi" });
const quantities = z.record(z.string(), quantity, { error: "must be quantities by their names" });

const LABEL_KEY = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;
const named = <T>(name: RegExp, what: string, value: z.ZodType<T>) =>
  z.record(z.string().regex(name, { error: what }), value, {
    error: (issue) => (issue.code === "invalid_key" ? what : "must be an object: a value by each name"),
  });

export const labels = (fallback: Labels): Kind<Labels> =>
  json(
    "object",
    named(
      LABEL_KEY,
      "is not the name of a label",
      scalar.refine((value) => LABEL_VALUE.test(value), { error: "must be the value of a label" }),
    ),
    fallback,
  );
export const annotations: Kind<Labels> = json(
  "object",
  named(LABEL_KEY, "is not the name of an annotation", scalar),
  {},
);
export const quantityMap = (fallback: Labels): Kind<Labels> => json("object", quantities, fallback);

/** What a container without them would get is not ours to say: memory is always limited. */
export const resources = (fallback: Resources): Kind<Resources> =>
  json(
    "object",
    z.strictObject({
      requests: quantities.refine((given) => "cpu" in given && "memory" in given, {
        error: "must have cpu and memory",
      }),
      limits: quantities.refine((given) => "memory" in given, { error: "must have memory" }),
    }),
    fallback,
  );
export const limits: Kind<LimitSettings> = json(
  "object",
  z.strictObject({
    max: quantities.optional(),
    min: quantities.optional(),
    default: quantities.optional(),
    defaultRequest: quantities.optional(),
  }),
  // Of what says nothing itself. No limit of the CPU: it would become that of sessions which are to have none.
  { default: { memory: "1Gi" }, defaultRequest: { cpu: "100m", memory: "128Mi" } },
);

export const tolerations: Kind<readonly Toleration[]> = json(
  "array",
  z.array(
    z.strictObject({
      key: z.string().exactOptional(),
      operator: z.enum(["Exists", "Equal"]).exactOptional(),
      value: z.string().exactOptional(),
      effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).exactOptional(),
      tolerationSeconds: z.number().int().exactOptional(),
    }),
  ),
  [],
);

export const egress: Kind<readonly Egress[]> = json(
  "array",
  z.array(
    z.strictObject({
      cidr: z.string().refine(isCidr, { error: "must be a range such as 10.1.2.3/32" }),
      ports: z.array(z.number().int().min(1).max(65_535)).default([]),
    }),
  ),
  [],
);

const VARIABLE = /^[A-Za-z_]\w*$/;
const variables = z
  .record(z.string(), scalar, { error: "must be variables: a value by each name" })
  .superRefine((given, context) => {
    for (const [name, value] of Object.entries(given))
      if (!VARIABLE.test(name)) context.addIssue(`${JSON.stringify(name)} is not the name of a variable`);
      else if (isReservedVariable(name)) context.addIssue(`${name} belongs to the platform: choose another name`);
      else if (/[\n\r\0]/.test(value)) context.addIssue(`${name} must be one line`);
  });
export const environment: Kind<Labels> = json("object", variables, {});
export const secretEnvironment: Kind<Readonly<Record<string, SecretText>>> = json(
  "object",
  variables.transform((given) =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, new SecretText(value)])),
  ),
  {},
);

export const anyObject: Kind<Readonly<Record<string, unknown>>> = json(
  "object",
  z.record(z.string(), z.unknown(), { error: "must be an object" }),
  {},
);
