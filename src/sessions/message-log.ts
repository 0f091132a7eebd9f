import type { ProgressMessage } from "../contracts/status.ts";
import { newEpoch } from "../lib/event-id.ts";
import type { EventLog, Numbered } from "./event-log.ts";

/**
 * The messages of a conversation, each with the number of its last change. It needs no memory beside the list: whoever
 * comes back gets each message that is new or different since then once, in its present form.
 */
export class MessageLog implements EventLog<ProgressMessage> {
  readonly epoch = newEpoch();
  #messages: readonly ProgressMessage[];
  readonly #changedAt = new Map<string, number>();
  #last = 0;
  /** Number of the newest change whose message is not in the list any more: only who has read it misses nothing. */
  #gone = 0;

  /** @param messages what is known already; nobody is told of it. */
  constructor(messages: readonly ProgressMessage[]) {
    this.#messages = messages;
  }

  get last(): number {
    return this.#last;
  }

  /** Oldest first. */
  get messages(): readonly ProgressMessage[] {
    return this.#messages;
  }

  /** Takes another list. @returns whether any message of it is new or different */
  replace(messages: readonly ProgressMessage[]): boolean {
    const changed = changedMessages(this.#messages, messages);
    const kept = new Set(messages.map(({ id }) => id));
    this.#messages = messages;
    for (const [id, n] of this.#changedAt) {
      if (kept.has(id)) continue;
      this.#changedAt.delete(id);
      this.#gone = Math.max(this.#gone, n);
    }
    for (const { id } of changed) this.#changedAt.set(id, ++this.#last);
    return changed.length > 0;
  }

  reaches(n: number): boolean {
    return n >= this.#gone && n <= this.#last;
  }

  next(n: number): Numbered<ProgressMessage> | undefined {
    let first: Numbered<ProgressMessage> | undefined;
    for (const event of this.#messages) {
      const at = this.#changedAt.get(event.id) ?? 0;
      if (at > n && at < (first?.n ?? Infinity)) first = { n: at, event };
    }
    return first;
  }
}

/** The reported messages that are not known in this form. */
export function changedMessages(
  known: readonly ProgressMessage[],
  reported: readonly ProgressMessage[],
): ProgressMessage[] {
  const texts = new Map(known.map((message) => [message.id, message.text]));
  return reported.filter((message) => texts.get(message.id) !== message.text);
}
