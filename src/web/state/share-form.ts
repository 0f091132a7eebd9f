import type { ShareLevel, SharePort } from "../../contracts/share.ts";
import { endsAt } from "./ends.ts";
import type { Ends } from "./ends.ts";
import type { ShownPort } from "./ports.ts";

export interface ShareForm {
  readonly level: ShareLevel;
  /** As typed. */
  readonly people: string;
  /** `keep`: at the time at which the share ends already. */
  readonly ends: Ends | "keep";
}

type Shared = Pick<ShownPort, "level" | "people" | "expiresAt">;

/** What a person has begun to choose, else how the port is shared. */
export function shownForm(draft: ShareForm | undefined, shared: Shared): ShareForm {
  if (draft === undefined) return formOf(shared);
  // The end came meanwhile: what was meant to end must not last forever.
  return draft.ends === "keep" && shared.expiresAt === null ? { ...draft, ends: "hour" } : draft;
}

const formOf = ({ level, people, expiresAt }: Shared): ShareForm => ({
  level,
  people: people.join("\n"),
  ends: expiresAt === null ? "never" : "keep",
});

const addresses = (text: string): string[] => text.split(/[\s,;]+/).filter((word) => word !== "");

export const needsPeople = (form: ShareForm): boolean => form.level === "people" && addresses(form.people).length === 0;

/** @param expiresAt when the share ends now, for `keep`. */
export function shareBody(form: ShareForm, expiresAt: string | null, now: number): SharePort {
  if (form.level === "owner") return { level: "owner" };
  const end = form.ends === "keep" ? expiresAt : endsAt(form.ends, now);
  return {
    level: form.level,
    ...(form.level === "people" ? { people: addresses(form.people) } : {}),
    ...(end ? { expiresAt: end } : {}),
  };
}
