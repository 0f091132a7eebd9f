import type { SessionHash } from "../contracts/session-hash.ts";
import type { ProgressMessage } from "../contracts/status.ts";
import { FanOut } from "../lib/fan-out.ts";
import { KeyedQueue } from "../lib/keyed-queue.ts";
import { MessageLog } from "./message-log.ts";
import type { MessageRepository } from "./store.ts";

/** The last messages of each conversation: stored, so that they survive a restart of session and router. */
export class Messages {
  readonly #repository: MessageRepository;
  readonly #logs = new Map<SessionHash, MessageLog>();
  readonly #queue = new KeyedQueue();
  /** A conversation has a message that is new or different. */
  readonly changes = new FanOut<SessionHash>();

  constructor(repository: MessageRepository) {
    this.#repository = repository;
  }

  log(hash: SessionHash): Promise<MessageLog> {
    return this.#queue.run(hash, () => this.#load(hash));
  }

  /** Takes the whole list that sessiond reported; writes and tells only when something is different. */
  take(hash: SessionHash, reported: readonly ProgressMessage[]): Promise<void> {
    return this.#queue.run(hash, async () => {
      const log = await this.#load(hash);
      if (sameMessages(log.messages, reported)) return;
      await this.#repository.replace(hash, reported);
      this.#replace(hash, log, reported);
    });
  }

  /** Another router has written: what is known here is read again. */
  refresh(hash: SessionHash): Promise<void> {
    return this.#queue.run(hash, async () => {
      const log = this.#logs.get(hash);
      if (log) this.#replace(hash, log, await this.#repository.list(hash));
    });
  }

  /** Those whose messages are known here. */
  known(): SessionHash[] {
    return [...this.#logs.keys()];
  }

  forget(hash: SessionHash): void {
    this.#logs.delete(hash);
  }

  #replace(hash: SessionHash, log: MessageLog, messages: readonly ProgressMessage[]): void {
    if (log.replace(messages)) this.changes.publish(hash);
  }

  async #load(hash: SessionHash): Promise<MessageLog> {
    const log = this.#logs.get(hash) ?? new MessageLog(await this.#repository.list(hash));
    this.#logs.set(hash, log);
    return log;
  }
}

const sameMessages = (known: readonly ProgressMessage[], reported: readonly ProgressMessage[]): boolean =>
  known.length === reported.length &&
  known.every(({ id, text }, place) => id === reported[place]?.id && text === reported[place].text);
