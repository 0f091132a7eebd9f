import type { SessionHash } from "../contracts/session-hash.ts";
import type { ProgressMessage } from "../contracts/status.ts";
import { FanOut } from "../lib/fan-out.ts";
import { KeyedQueue } from "../lib/keyed-queue.ts";
import type { MessageRepository } from "./store.ts";

/** The last messages of each conversation: stored, so that they survive a restart of session and router. */
export class Messages {
  readonly #repository: MessageRepository;
  readonly #known = new Map<SessionHash, readonly ProgressMessage[]>();
  readonly #queue = new KeyedQueue();
  /** Each message that is new or has changed. */
  readonly added = new FanOut<{ readonly hash: SessionHash; readonly message: ProgressMessage }>();

  constructor(repository: MessageRepository) {
    this.#repository = repository;
  }

  list(hash: SessionHash): Promise<readonly ProgressMessage[]> {
    return this.#queue.run(hash, () => this.#load(hash));
  }

  /** Takes the whole list that sessiond reported; writes and tells only when something is different. */
  take(hash: SessionHash, reported: readonly ProgressMessage[]): Promise<void> {
    return this.#queue.run(hash, async () => {
      const known = await this.#load(hash);
      const fresh = changedMessages(known, reported);
      if (fresh.length === 0 && known.length === reported.length) return;
      await this.#repository.replace(hash, reported);
      this.#known.set(hash, reported);
      for (const message of fresh) this.added.publish({ hash, message });
    });
  }

  forget(hash: SessionHash): void {
    this.#known.delete(hash);
  }

  async #load(hash: SessionHash): Promise<readonly ProgressMessage[]> {
    const known = this.#known.get(hash) ?? (await this.#repository.list(hash));
    this.#known.set(hash, known);
    return known;
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
