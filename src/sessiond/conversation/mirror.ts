import type { Conversation, ProgressMessage } from "../../contracts/status.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { ConversationInfo, OpencodeClient } from "../opencode/client.ts";
import { followEvents, type EventListener, type OpencodeEvent } from "../opencode/events.ts";
import type { Instance } from "../opencode/server.ts";
import { progressMessage, withMessage } from "./message-log.ts";
import { refreshFor } from "./refresh.ts";

interface Ports {
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
}

const COALESCE_MS = 100;
const RETRY_MS = 1_000;
const PAGE = 25;
const MAX_PAGES = 8;
const MAX_LOG = 100;

/** What sessiond knows of the conversations: read from opencode whenever an event says that it changed. */
export class Mirror implements EventListener {
  readonly #ports: Ports;
  #client: OpencodeClient | undefined;
  #conversation: Conversation | null = null;
  #messages: readonly ProgressMessage[] = [];
  #busy = false;
  #lastEventAt = 0;
  #stale = { activity: false, conversations: false, messages: new Set<string>(), allMessages: false };
  #refreshing = false;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  get conversation(): Conversation | null {
    return this.#conversation;
  }

  get messages(): readonly ProgressMessage[] {
    return this.#messages;
  }

  /** An agent works, or waits for a person's permission or answer: opencode's own status is busy in both. */
  get busy(): boolean {
    return this.#busy;
  }

  get lastEventAt(): number {
    return this.#lastEventAt;
  }

  /** Follows one life of opencode to its end. */
  async follow(instance: Instance): Promise<void> {
    this.#client = instance.client;
    await followEvents(instance.client, this, { ...this.#ports, signal: instance.ended });
    if (this.#client !== instance.client) return;
    this.#client = undefined;
    this.#busy = false;
    this.#ports.onChange();
  }

  onConnected(): void {
    this.#stale = { activity: true, conversations: true, messages: new Set(), allMessages: true };
    void this.#refresh();
  }

  onAlive(): void {
    this.#lastEventAt = this.#ports.clock.now();
  }

  onEvent(event: OpencodeEvent): void {
    const refresh = refreshFor(event);
    if (refresh === undefined) return;
    if (refresh.what === "activity") this.#stale.activity = true;
    else if (refresh.what === "conversations") this.#stale.conversations = true;
    else if (refresh.conversationId === this.#conversation?.id) this.#stale.messages.add(refresh.messageId);
    else return;
    void this.#refresh();
  }

  /** Somebody has read the conversations already: this is the most recent one. */
  learn(latest: ConversationInfo): void {
    if (this.#choose([latest])) this.#stale.allMessages = true;
    void this.#refresh();
  }

  get #isStale(): boolean {
    const { activity, conversations, messages, allMessages } = this.#stale;
    return activity || conversations || allMessages || messages.size > 0;
  }

  get #fingerprint(): string {
    return JSON.stringify([this.#busy, this.#conversation]);
  }

  async #refresh(): Promise<void> {
    if (this.#refreshing) return;
    this.#refreshing = true;
    try {
      for (let pause = COALESCE_MS; this.#isStale;) {
        await this.#ports.clock.sleep(pause);
        const client = this.#client;
        if (client === undefined) return;
        const before = this.#fingerprint;
        const messages = this.#messages;
        pause = (await this.#readAll(client)) ? COALESCE_MS : RETRY_MS;
        if (this.#fingerprint !== before || this.#messages !== messages) this.#ports.onChange();
      }
    } finally {
      this.#refreshing = false;
    }
  }

  /** @returns false when something could not be read; that stays stale. */
  async #readAll(client: OpencodeClient): Promise<boolean> {
    const stale = this.#stale;
    this.#stale = { activity: false, conversations: false, messages: new Set(), allMessages: false };
    try {
      if (stale.activity) this.#busy = (await client.working()).length > 0;
      if (stale.conversations) stale.allMessages = this.#choose(await client.conversations()) || stale.allMessages;
      if (stale.allMessages) this.#messages = await this.#readLog(client);
      else for (const id of stale.messages) await this.#readMessage(client, id);
      return true;
    } catch (cause) {
      if (client === this.#client) this.#ports.log.warn({ cause }, "conversations cannot be read");
      this.#stale.activity ||= stale.activity;
      this.#stale.conversations ||= stale.conversations;
      this.#stale.allMessages ||= stale.allMessages || stale.messages.size > 0;
      return false;
    }
  }

  /** @returns true when it is another conversation than before. */
  #choose(conversations: readonly ConversationInfo[]): boolean {
    const latest = conversations.find(({ time }) => time.archived === undefined);
    const before = this.#conversation?.id;
    this.#conversation =
      latest === undefined ? null : { id: latest.id, directory: latest.directory, title: latest.title.slice(0, 1000) };
    return this.#conversation?.id !== before;
  }

  async #readMessage(client: OpencodeClient, messageId: string): Promise<void> {
    if (this.#conversation === null) return;
    const message = await client.message(this.#conversation.id, messageId);
    const readable = message === undefined ? undefined : progressMessage(message);
    const known = this.#messages.find(({ id }) => id === messageId);
    if (readable !== undefined && readable.text !== known?.text) this.#messages = withMessage(this.#messages, readable);
  }

  /** Page by page: a message holds the output of its tools, and a hundred of them would be much memory at once. */
  async #readLog(client: OpencodeClient): Promise<readonly ProgressMessage[]> {
    if (this.#conversation === null) return [];
    let log: readonly ProgressMessage[] = [];
    let before: string | undefined;
    for (let page = 0; page < MAX_PAGES && log.length < MAX_LOG; page++) {
      const { messages, next } = await client.messages(this.#conversation.id, { limit: PAGE, before });
      for (const message of messages) {
        const readable = progressMessage(message);
        if (readable !== undefined) log = withMessage(log, readable);
      }
      if (next === undefined) break;
      before = next;
    }
    return log;
  }
}
