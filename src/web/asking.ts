import { createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import type { Outcome } from "./api.ts";

/** Questions to the API with what a person reads about them; one at a time, so a double click asks once. */
export interface Asking {
  readonly pending: Accessor<boolean>;
  readonly problem: Accessor<string | undefined>;
  readonly notice: Accessor<string | undefined>;
  /** @param use takes the answer; what it returns is shown as the result. @returns whether it went well */
  ask<T>(question: () => Promise<Outcome<T>>, use: (value: T) => string | undefined): Promise<boolean>;
  /** Shows a problem that was found without asking. */
  refuse(problem: string): void;
  note(notice: string): void;
}

export function createAsking(): Asking {
  const [pending, setPending] = createSignal(false);
  const [problem, setProblem] = createSignal<string>();
  const [notice, setNotice] = createSignal<string>();
  const say = (said: { problem?: string; notice?: string | undefined }) => {
    setProblem(said.problem);
    setNotice(said.notice);
  };
  return {
    pending,
    problem,
    notice,
    ask: async (question, use) => {
      if (pending()) return false;
      setPending(true);
      say({});
      const outcome = await question();
      say(outcome.ok ? { notice: use(outcome.value) } : { problem: outcome.failure.detail });
      setPending(false);
      return outcome.ok;
    },
    refuse: (sentence) => say({ problem: sentence }),
    note: (sentence) => say({ notice: sentence }),
  };
}
