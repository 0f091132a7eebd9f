import { readFile } from "node:fs/promises";
import { backoffMs } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { ConversationInfo, OpencodeClient } from "../opencode/client.ts";
import type { Instance } from "../opencode/server.ts";
import { delivery, nextStep, type DoneReason, type Observed, type Step, type Stored } from "./decide.ts";
import type { MarkerFile } from "./marker.ts";
import { messageId } from "./message-id.ts";

interface Ports {
  readonly clock: Clock;
  readonly log: Log;
  readonly marker: MarkerFile;
  /** File with the text; undefined when there is no initial message. */
  readonly messageFile: string | undefined;
  /** There is a conversation that can be opened. */
  readonly onConversation: (latest: ConversationInfo) => void;
  readonly onChange: () => void;
}

const RETRY = { firstMs: 250, maxMs: 10_000 };
const LOOK_EVERY_MS = 100;
const ARRIVES_WITHIN_MS = 30_000;

/** Sees to it that there is a conversation and that it has been given the initial message exactly once. */
export class Bootstrap {
  readonly #ports: Ports;
  #done: boolean;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#done = ports.messageFile === undefined;
  }

  /** The initial message was given, or there was none, or an existing conversation won. */
  get messageDone(): boolean {
    return this.#done;
  }

  /** Learns from the marker what an earlier sessiond has done, without waiting for opencode. */
  async recall(): Promise<void> {
    const marker = await this.#ports.marker.read().catch(() => undefined);
    if (marker?.state === "done") this.#setDone();
  }

  /** Repeats its steps until nothing is left to do or this life of opencode ends; the next life goes on. */
  async run({ client, ended }: Instance): Promise<void> {
    let created = false;
    for (let failures = 0; !ended.aborted;) {
      try {
        const step = await this.#step(client, ended);
        if (step.do === "nothing") return this.#setDone();
        if (step.do === "create" && created) throw new Error("the conversation that was made is not listed");
        created = step.do === "create";
      } catch (cause) {
        if (ended.aborted) return;
        this.#ports.log.warn({ cause }, "bootstrap of the conversation failed");
        await this.#ports.clock.sleep(backoffMs(RETRY, ++failures), ended).catch(() => {
          // Ended: the loop sees it.
        });
      }
    }
  }

  async #step(client: OpencodeClient, ended: AbortSignal): Promise<Step> {
    const marker = await this.#ports.marker.read();
    const text = marker.state === "done" ? undefined : await this.#text();
    const found = await client.conversations();
    const conversations = await observe(client, found, text !== undefined);
    const step = nextStep({ marker, hasInitialMessage: text !== undefined, conversations });
    const latest = found.find(({ time }) => time.archived === undefined);
    if (latest !== undefined) this.#ports.onConversation(latest);
    if (step.do === "create") await client.createConversation();
    if (step.do === "mark-done") await this.#markDone(step.why);
    if (step.do === "give") await this.#give(client, { conversationId: step.conversationId, text: text ?? "" }, ended);
    if (step.do === "make-sure") await this.#makeSure(client, { ...step, text }, ended);
    return step;
  }

  async #text(): Promise<string | undefined> {
    const { messageFile, log } = this.#ports;
    if (messageFile === undefined) return undefined;
    const text = await readFile(messageFile, "utf8").catch((cause: unknown) => {
      log.warn({ cause }, "the file of the initial message cannot be read");
      return "";
    });
    return text.trim() === "" ? undefined : text;
  }

  async #give(
    client: OpencodeClient,
    target: { conversationId: string; text: string },
    ended: AbortSignal,
  ): Promise<void> {
    const id = messageId(this.#ports.clock.now());
    const { conversationId, text } = target;
    await this.#ports.marker.write({ state: "sending", conversationId, messageId: id });
    await client.prompt(conversationId, id, [text]);
    await this.#arrival(client, { conversationId, messageId: id }, ended);
  }

  async #makeSure(
    client: OpencodeClient,
    target: { conversationId: string; messageId: string; text: string | undefined },
    ended: AbortSignal,
  ): Promise<void> {
    const { conversationId, messageId, text } = target;
    const need = delivery(await stored(client, conversationId, messageId));
    if (need.do === "send" && text === undefined) throw new Error("the text of the initial message is not there");
    if (need.do === "send") await client.prompt(conversationId, messageId, [text ?? ""]);
    if (need.do === "nudge") await client.prompt(conversationId, messageId, []);
    await this.#arrival(client, target, ended);
  }

  async #arrival(
    client: OpencodeClient,
    { conversationId, messageId }: { conversationId: string; messageId: string },
    ended: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#ports;
    const giveUpAt = clock.now() + ARRIVES_WITHIN_MS;
    while (!(await client.message(conversationId, messageId).then(hasText))) {
      if (clock.now() > giveUpAt) throw new Error("the initial message did not arrive");
      await clock.sleep(LOOK_EVERY_MS, ended);
    }
    await this.#markDone("given");
  }

  async #markDone(why: DoneReason): Promise<void> {
    await this.#ports.marker.write({ state: "done", why });
    this.#ports.log.info({ why }, "initial message done");
    this.#setDone();
  }

  #setDone(): void {
    if (this.#done) return;
    this.#done = true;
    this.#ports.onChange();
  }
}

async function observe(
  client: OpencodeClient,
  found: readonly ConversationInfo[],
  withUse: boolean,
): Promise<Observed["conversations"]> {
  const observed: Observed["conversations"][number][] = [];
  let looking = withUse;
  for (const { id, time } of found) {
    const used = looking && (await client.messages(id, { limit: 1 })).messages.length > 0;
    // One that is used decides; there is no need to look into the others.
    if (used) looking = false;
    observed.push({ id, archived: time.archived !== undefined, used });
  }
  return observed;
}

async function stored(client: OpencodeClient, conversationId: string, messageId: string): Promise<Stored | undefined> {
  const message = await client.message(conversationId, messageId);
  if (message === undefined) return undefined;
  const { messages } = await client.messages(conversationId, { limit: 10 });
  return { hasText: hasText(message), answered: messages.some(({ info }) => info.parentID === messageId) };
}

const hasText = (message: Awaited<ReturnType<OpencodeClient["message"]>>): boolean =>
  message?.parts.some(({ type }) => type === "text") ?? false;
