import type { CreateSession } from "../../contracts/session.ts";
import type { TextKey } from "../text.ts";

export type Field = "repoUrl" | "sourceBranch" | "branch" | "message";

export interface NewSession {
  readonly kind: "repository" | "blank";
  readonly repoUrl: string;
  readonly sourceBranch: string;
  readonly branch: string;
  readonly message: string;
  /** The person wrote the branch: no suggestion replaces it. */
  readonly branchTyped: boolean;
  /** The same for the source branch. */
  readonly sourceTyped: boolean;
  /** Counts the questions for a branch: an answer to any but the last is too late. */
  readonly question: number;
  readonly asking: boolean;
  readonly sending: boolean;
  readonly error: string | undefined;
}

export type NewSessionInput =
  | { readonly do: "kind"; readonly kind: NewSession["kind"] }
  | { readonly do: "type"; readonly field: Field; readonly value: string }
  | { readonly do: "propose"; readonly repoUrl: string }
  /** That of the repository that was chosen. */
  | { readonly do: "default-branch"; readonly branch: string }
  | { readonly do: "ask-again" }
  | { readonly do: "suggested"; readonly question: number; readonly branch: string | undefined }
  | { readonly do: "send" }
  | { readonly do: "refused"; readonly detail: string };

export const EMPTY: NewSession = {
  kind: "repository",
  repoUrl: "",
  sourceBranch: "main",
  branch: "",
  message: "",
  branchTyped: false,
  sourceTyped: false,
  question: 0,
  asking: false,
  sending: false,
  error: undefined,
};

export function nextNewSession(form: NewSession, input: NewSessionInput): NewSession {
  switch (input.do) {
    case "kind":
      return { ...form, kind: input.kind, error: undefined };
    case "type":
      return typed(form, input.field, input.value);
    case "propose":
      // Too late once the person has begun.
      return form.question === 0 ? typed(form, "repoUrl", input.repoUrl) : form;
    case "default-branch":
      return form.sourceTyped ? form : { ...form, sourceBranch: input.branch };
    case "ask-again":
      return ask({ ...form, branchTyped: false });
    case "suggested":
      if (input.question !== form.question) return form;
      return { ...form, asking: false, branch: form.branchTyped ? form.branch : (input.branch ?? form.branch) };
    case "send":
      return { ...form, sending: true, error: undefined };
    case "refused":
      return { ...form, sending: false, error: input.detail };
  }
}

function typed(form: NewSession, field: Field, value: string): NewSession {
  if (field === "branch") return { ...form, branch: value, branchTyped: value.trim() !== "", error: undefined };
  const sourceTyped = field === "sourceBranch" ? value.trim() !== "" : form.sourceTyped;
  const changed = { ...form, [field]: value, sourceTyped, error: undefined };
  const sameRepository = field !== "repoUrl" || value.trim() === form.repoUrl.trim();
  return sameRepository ? changed : ask(changed);
}

/** A new question, also where none will be sent: it makes the answers that are on their way too late. */
const ask = (form: NewSession): NewSession => ({
  ...form,
  question: form.question + 1,
  asking: form.repoUrl.trim() !== "" && !form.branchTyped,
});

/** The first field that has to be filled before the form can be sent, and the sentence for it. */
export function missingField(form: NewSession): { readonly field: Field; readonly text: TextKey } | undefined {
  if (form.kind === "blank") return undefined;
  for (const field of ["repoUrl", "sourceBranch", "branch"] as const)
    if (form[field].trim() === "") return { field, text: `new.missing.${field}` };
  return undefined;
}

export function toBody(form: NewSession): CreateSession {
  const first = form.message.trim() === "" ? {} : { initialMessage: form.message };
  if (form.kind === "blank") return first;
  return {
    repoUrl: form.repoUrl.trim(),
    sourceBranch: form.sourceBranch.trim(),
    branch: form.branch.trim(),
    ...first,
  };
}
