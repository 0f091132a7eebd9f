import type { z } from "zod";

/** How one value of the configuration is read from the text that Pulumi gives. */
export interface Kind<T = unknown> {
  /** `list`: an array, or its entries separated by commas. */
  readonly type: "string" | "integer" | "boolean" | "list" | "array" | "object";
  readonly schema: z.ZodType<T, string>;
  /** What holds when nothing is given, which for Pulumi is the same as the empty text. */
  readonly absent: T;
}

/** One key of the configuration, and what the README and Pulumi.yaml say of it. */
export interface Key<T = unknown> extends Kind<T> {
  readonly about: string;
  /** Must have been set with `--secret`. */
  readonly secret?: true;
  readonly required?: true;
}

export const key = <T>(kind: Kind<T>, about: string): Key<T> => ({ ...kind, about });
export const secretKey = <T>(kind: Kind<T>, about: string): Key<T> => ({ ...kind, about, secret: true });

/** What is required is reported when it is missing, so nobody ever reads its `absent`. */
type Required<T> = Key<NonNullable<T>> & { readonly required: true };
export const requiredKey = <T>(kind: Kind<T>, about: string): Required<T> =>
  ({ ...kind, about, required: true }) as Required<T>;
export const requiredSecret = <T>(kind: Kind<T>, about: string): Required<T> =>
  ({ ...kind, about, required: true, secret: true }) as Required<T>;
