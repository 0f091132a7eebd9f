import type { CreateToken, Scope } from "../../contracts/token.ts";
import type { TextKey } from "../text.ts";
import { endsAt } from "./ends.ts";
import type { Ends } from "./ends.ts";

export interface TokenForm {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly ends: Ends;
}

export const EMPTY_TOKEN: TokenForm = { name: "", scopes: ["read"], ends: "quarter" };

export const withScope = (form: TokenForm, scope: Scope, wanted: boolean): TokenForm => ({
  ...form,
  scopes: [...form.scopes.filter((one) => one !== scope), ...(wanted ? [scope] : [])],
});

/** What has to be given before a token can be made, by the name of its field. */
export function missingOf(form: TokenForm): { readonly field: "name" | "scopes"; readonly text: TextKey } | undefined {
  if (form.name.trim() === "") return { field: "name", text: "tokens.name.missing" };
  if (form.scopes.length === 0) return { field: "scopes", text: "tokens.scopes.missing" };
  return undefined;
}

export const tokenBody = (form: TokenForm, now: number): CreateToken => ({
  name: form.name.trim(),
  scopes: [...form.scopes],
  expiresAt: endsAt(form.ends, now) ?? null,
});
