import { z } from "zod";

/** What a personal access token may be used for. */
export const TOKEN_SCOPES = ["read", "sessions", "turns", "admin"] as const;
export type Scope = (typeof TOKEN_SCOPES)[number];
export const Scope = z.enum(TOKEN_SCOPES);

/** Names are shown in lists and logs: no control characters, no line separators, no halves of characters. */
const NAME = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+$/u;

/** Body of `POST /api/user/tokens`. That the expiry is in the future is checked when it arrives. */
export const CreateToken = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(100)
      // Not as a pattern: OpenAPI has no place for its flag.
      .refine((name) => NAME.test(name), "must not have control characters"),
    scopes: z
      .array(Scope)
      .min(1)
      .transform((scopes) => TOKEN_SCOPES.filter((scope) => scopes.includes(scope))),
    expiresAt: z.iso.datetime({ offset: true }).nullable().optional(),
  })
  .meta({ id: "CreateToken" });
export type CreateToken = z.infer<typeof CreateToken>;

/** A personal access token as lists show it: never the token itself. All times ISO 8601 UTC. */
export const Token = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(Scope),
    createdAt: z.iso.datetime(),
    /** Null: it does not expire by itself. */
    expiresAt: z.iso.datetime().nullable(),
    /** To the minute; null: never used. */
    lastUsedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "Token" });
export type Token = z.infer<typeof Token>;

/** The answer to its making, the one time that the token itself is shown. */
export const NewToken = Token.extend({ token: z.string() }).meta({ id: "NewToken" });
export type NewToken = z.infer<typeof NewToken>;
