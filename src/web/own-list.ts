import { createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import type { Outcome } from "./api.ts";
import { createAsking } from "./asking.ts";
import type { Asking } from "./asking.ts";

/** A list that the server keeps, with the changes to it. */
export interface OwnList<T> {
  /** Undefined until it has come. */
  readonly items: Accessor<readonly T[] | undefined>;
  readonly asking: Asking;
  /** Does something, takes the list anew, and then tells. @returns whether it was done */
  change<V>(question: () => Promise<Outcome<V>>, use: (value: V) => string | undefined): Promise<boolean>;
}

export function createOwnList<T>(load: () => Promise<Outcome<readonly T[]>>): OwnList<T> {
  const [items, setItems] = createSignal<readonly T[]>();
  const asking = createAsking();
  const reload = async (): Promise<void> => {
    const answer = await load();
    if (answer.ok) setItems(answer.value);
    else asking.refuse(answer.failure.detail);
  };
  void reload();
  return {
    items,
    asking,
    change: async (question, use) => {
      const done = await asking.ask(question, use);
      if (done) await reload();
      return done;
    },
  };
}
