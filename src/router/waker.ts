import { problem, ProblemError, type Problem } from "../contracts/problem.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { Bell } from "../lib/bell.ts";
import type { Sessions } from "../sessions/service.ts";
import type { SessionRecord } from "../sessions/store.ts";
import { failureSentence } from "./access/may.ts";
import type { Role } from "./access/table.ts";
import type { Ask } from "./ask.ts";

/** Why a held request cannot go on, with the headers of that answer. */
export interface Refusal {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Held {
  readonly record: SessionRecord;
  readonly role: Role;
  readonly ask: Ask;
}

/** Starts stopped sessions for those who may use them, and lets their requests wait. */
export class Waker {
  readonly #sessions: Sessions;
  readonly #holdMs: number;

  constructor(sessions: Sessions, holdMs: number) {
    this.#sessions = sessions;
    this.#holdMs = holdMs;
  }

  /** Begins a start. @returns why it cannot begin: a limit, for example */
  async wake(hash: SessionHash): Promise<Refusal | undefined> {
    try {
      await this.#sessions.wake(hash);
      return undefined;
    } catch (cause) {
      if (cause instanceof ProblemError) return { problem: cause.problem, headers: cause.headers };
      throw cause;
    }
  }

  /** Wakes the session (what an open page asks for by itself does not) and waits until it runs. @returns undefined when it does */
  async hold({ record: { hash }, role, ask }: Held, gone: AbortSignal): Promise<Refusal | undefined> {
    const starts = ask === "request";
    const ended = new AbortController();
    const end = () => ended.abort();
    const timer = setTimeout(end, this.#holdMs);
    gone.addEventListener("abort", end);
    const bell = new Bell(ended.signal);
    using _live = this.#sessions.known.changes.subscribe((changed) => {
      if (changed === hash) bell.ring();
    });
    try {
      const refusal = starts ? await this.wake(hash) : undefined;
      if (refusal) return refusal;
      do {
        const record = this.#sessions.known.get(hash);
        if (!record) return refuse("The session was deleted.");
        const state = this.#sessions.known.state(record);
        if (state === "running") return undefined;
        if (state === "failed") return refuse(failureSentence(role, this.#sessions.known.failure(record)));
      } while (await bell.rung());
      return refuse(
        ask === "passive" ? "The session is stopped." : "The session is still starting. Try again in a moment.",
      );
    } finally {
      clearTimeout(timer);
      gone.removeEventListener("abort", end);
    }
  }
}

const refuse = (detail: string): Refusal => ({
  problem: problem("session_not_running", detail),
  headers: { "retry-after": "5" },
});
