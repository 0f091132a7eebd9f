import { z } from "zod";
import { parseEmail, type Email } from "../contracts/email.ts";

/** How the values of settings are read: each from the text of a variable, or from its absence. */

export const text = (fallback: string) => z.string().trim().default(fallback);
export const optional = z
  .string()
  .trim()
  .optional()
  .transform((value) => (value === "" ? undefined : value));

export const integer = (fallback: number, min: number, max: number) =>
  z
    .string()
    .trim()
    .default(String(fallback))
    .refine((value) => /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number);

export const flag = (fallback: boolean) =>
  z
    .enum(["true", "false"], { error: "must be true or false" })
    .default(fallback ? "true" : "false")
    .transform((value) => value === "true");

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T, fallback: T[number]) =>
  z.enum(values, { error: `must be one of: ${values.join(", ")}` }).default(fallback as never);

export const list = z
  .string()
  .default("")
  .transform((value) =>
    value
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ""),
  );

export const email = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((value, context): Email => {
      const parsed = parseEmail(value);
      if (parsed) return parsed;
      context.addIssue("must be an e-mail address");
      return z.NEVER;
    });

export const emails = list.transform((entries, context): Email[] =>
  entries.flatMap((entry) => {
    const parsed = parseEmail(entry);
    if (!parsed) context.addIssue(`"${entry}" is not an e-mail address`);
    return parsed ? [parsed] : [];
  }),
);

export const secret = (minimum: number) =>
  optional.refine((value) => value === undefined || value.length >= minimum, {
    error: `must have at least ${minimum} characters`,
  });

/** A token is sent there, so plain http is for this machine only. */
export const apiRoot = (fallback: string) =>
  z
    .string()
    .trim()
    .default(fallback)
    .refine(
      (value) =>
        /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/])[^@?#]*$/.test(value) && URL.canParse(value),
      {
        error: "must be an https URL without credentials, query or fragment",
      },
    );

/** `key=value` pairs, separated by commas. */
export const pairs = list.transform((entries, context): Readonly<Record<string, string>> => {
  const split = entries.map((entry) => entry.split("=", 2).map((part) => part.trim()));
  if (split.some(([key, value]) => !key || value === undefined))
    context.addIssue("must be key=value, separated by commas");
  return Object.fromEntries(split);
});

export const json = <T>(schema: z.ZodType<T>, fallback: string) =>
  z
    .string()
    .trim()
    .default(fallback)
    .transform((value, context): T => {
      try {
        return schema.parse(JSON.parse(value || fallback));
      } catch {
        context.addIssue(`must be JSON such as ${fallback}`);
        return z.NEVER;
      }
    });

const QUANTITY = z.string().regex(/^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/);
export const quantity = (fallback: string) =>
  text(fallback).refine((value) => QUANTITY.safeParse(value).success, { error: "must be a quantity such as 10Gi" });
const Quantities = z.record(z.string(), QUANTITY);
export const Resources = z.strictObject({ requests: Quantities, limits: Quantities });
export const Toleration = z.strictObject({
  key: z.string().exactOptional(),
  operator: z.enum(["Exists", "Equal"]).exactOptional(),
  value: z.string().exactOptional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).exactOptional(),
  tolerationSeconds: z.number().int().exactOptional(),
});
