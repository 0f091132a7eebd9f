import { z } from "zod";
import { isReservedVariable } from "./session-variables.ts";

const MAX_NAME = 128;
const MAX_VALUE_BYTES = 64 * 1024;

/** @returns why a secret may not have this name, as a sentence; undefined when it may. */
export function secretNameProblem(name: string): string | undefined {
  if (!/^[A-Z_][A-Z0-9_]*$/.test(name))
    return "The name of a secret has capital letters, digits and underscores only, and does not begin with a digit.";
  if (name.length > MAX_NAME) return `The name of a secret has at most ${MAX_NAME} characters.`;
  if (isReservedVariable(name))
    return `${name} cannot be a secret: the platform or the session's own programs rely on that variable. Choose another name.`;
  return undefined;
}

/** Body of `PUT /api/user/secrets/:name`. */
export const PutSecret = z
  .strictObject({
    value: z
      .string()
      .refine((value) => new TextEncoder().encode(value).length <= MAX_VALUE_BYTES, "must have at most 64 KiB")
      .refine((value) => !value.includes("\0"), "must not have a NUL character"),
  })
  .meta({ id: "PutSecret" });

/** A secret as it can be read: never its value. */
export const SecretEntry = z.object({ name: z.string(), updatedAt: z.iso.datetime() }).meta({ id: "SecretEntry" });
export type SecretEntry = z.infer<typeof SecretEntry>;
