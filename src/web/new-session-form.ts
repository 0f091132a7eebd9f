import { createEffect, createSignal, on, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";
import type { Session } from "../contracts/session.ts";
import { createSession, suggestBranch } from "./api.ts";
import { EMPTY, missingField, nextNewSession, toBody } from "./state/new-session.ts";
import type { Field, NewSession, NewSessionInput } from "./state/new-session.ts";
import { t } from "./text.ts";

const DEBOUNCE_MS = 300;

export interface NewSessionForm {
  readonly form: Accessor<NewSession>;
  readonly tell: (input: NewSessionInput) => void;
  /** @returns the field that is missing, the session, or undefined when the form was refused or is being sent already. */
  readonly submit: () => Promise<{ missing: Field } | { session: Session } | undefined>;
}

export function createNewSessionForm(): NewSessionForm {
  const [form, setForm] = createSignal(EMPTY);
  const tell = (input: NewSessionInput) => setForm((before) => nextNewSession(before, input));

  createEffect(
    on(
      () => form().question,
      (question) => {
        const { asking, repoUrl } = form();
        if (!asking) return;
        const abort = new AbortController();
        const timer = setTimeout(async () => {
          const answer = await suggestBranch(repoUrl.trim(), abort.signal);
          // A refusal says nothing here: an address that is half typed is no mistake, and sending the form tells.
          tell({ do: "suggested", question, branch: answer.ok ? answer.value.branch : undefined });
        }, DEBOUNCE_MS);
        onCleanup(() => {
          clearTimeout(timer);
          abort.abort();
        });
      },
    ),
  );

  async function submit() {
    const now = form();
    if (now.sending) return undefined;
    const missing = missingField(now);
    if (missing !== undefined) {
      tell({ do: "refused", detail: t(missing.text) });
      return { missing: missing.field };
    }
    tell({ do: "send" });
    const answer = await createSession(toBody(now));
    if (answer.ok) return { session: answer.value };
    tell({ do: "refused", detail: answer.failure.detail });
    return undefined;
  }
  return { form, tell, submit };
}
