import type { IncomingMessage } from "node:http";
import * as z from "zod/mini";
import type { Secret } from "../../lib/secret.ts";
import { call, openStream, type Answer, type Origin } from "./http.ts";

const ConversationInfo = z.object({
  id: z.string(),
  directory: z.string(),
  title: z.string(),
  time: z.object({ created: z.number(), updated: z.number(), archived: z.optional(z.number()) }),
});
export type ConversationInfo = z.infer<typeof ConversationInfo>;

const Message = z.object({
  info: z.object({
    id: z.string(),
    sessionID: z.string(),
    role: z.enum(["user", "assistant"]),
    parentID: z.optional(z.string()),
    time: z.object({ created: z.number(), completed: z.optional(z.number()) }),
  }),
  parts: z.array(z.object({ type: z.string(), text: z.optional(z.string()), synthetic: z.optional(z.boolean()) })),
});
export type Message = z.infer<typeof Message>;

const Statuses = z.record(z.string(), z.object({ type: z.enum(["idle", "busy", "retry"]) }));

export interface MessagePage {
  readonly messages: readonly Message[];
  readonly next: string | undefined;
}

const TIME_LIMIT_MS = 10_000;
const MAX_CONVERSATIONS = 200;

/** The calls to opencode that sessiond makes, their answers parsed. */
export class OpencodeClient {
  readonly #origin: Origin;

  constructor(port: number, password: Secret) {
    const credentials = Buffer.from(`opencode:${password.reveal()}`).toString("base64");
    this.#origin = { port, authorization: `Basic ${credentials}` };
  }

  async isHealthy(timeLimitMs: number, signal: AbortSignal): Promise<boolean> {
    try {
      const { status } = await call(this.#origin, { method: "GET", path: "/global/health", timeLimitMs, signal });
      return status === 200;
    } catch {
      // Refused, silent or gone: all the same to the caller.
      return false;
    }
  }

  /** Root conversations of the workspace, most recently updated first. */
  async conversations(): Promise<ConversationInfo[]> {
    const { text } = await this.#get(`/session?roots=true&limit=${MAX_CONVERSATIONS}`);
    const found = z.array(ConversationInfo).parse(JSON.parse(text));
    return found.toSorted((a, b) => b.time.updated - a.time.updated);
  }

  async createConversation(): Promise<ConversationInfo> {
    return ConversationInfo.parse(JSON.parse((await this.#post("/session", {})).text));
  }

  async messages(conversationId: string, page: { limit: number; before?: string | undefined }): Promise<MessagePage> {
    const before = page.before === undefined ? "" : `&before=${encodeURIComponent(page.before)}`;
    const answer = await this.#get(`${conversationPath(conversationId)}/message?limit=${page.limit}${before}`);
    const next = answer.headers["x-next-cursor"];
    return {
      messages: z.array(Message).parse(JSON.parse(answer.text)),
      next: typeof next === "string" ? next : undefined,
    };
  }

  /** One message, or undefined when there is none with this id. */
  async message(conversationId: string, messageId: string): Promise<Message | undefined> {
    const path = `${conversationPath(conversationId)}/message/${encodeURIComponent(messageId)}`;
    const answer = await call(this.#origin, { method: "GET", path, timeLimitMs: TIME_LIMIT_MS });
    if (answer.status === 404) return undefined;
    return Message.parse(JSON.parse(accepted(answer, path).text));
  }

  /** Gives a prompt. A known `messageId` adds the parts to that message; without parts the agent goes on with it as it is. */
  async prompt(conversationId: string, messageId: string, texts: readonly string[]): Promise<void> {
    const parts = texts.map((text) => ({ type: "text", text }));
    await this.#post(`${conversationPath(conversationId)}/prompt_async`, { messageID: messageId, parts });
  }

  /** Ids of conversations that work on a turn, or wait to try again. */
  async working(): Promise<string[]> {
    const statuses = Statuses.parse(JSON.parse((await this.#get("/session/status")).text));
    return Object.entries(statuses).flatMap(([id, { type }]) => (type === "idle" ? [] : [id]));
  }

  events(signal: AbortSignal): Promise<IncomingMessage> {
    return openStream(this.#origin, "/event", signal);
  }

  /** Aborts and stores turns, ends the children of tools. */
  async dispose(timeLimitMs: number): Promise<void> {
    const path = "/global/dispose";
    accepted(await call(this.#origin, { method: "POST", path, timeLimitMs }), path);
  }

  async #get(path: string): Promise<Answer> {
    return accepted(await call(this.#origin, { method: "GET", path, timeLimitMs: TIME_LIMIT_MS }), path);
  }

  async #post(path: string, body: unknown): Promise<Answer> {
    return accepted(await call(this.#origin, { method: "POST", path, body, timeLimitMs: TIME_LIMIT_MS }), path);
  }
}

const conversationPath = (id: string): string => `/session/${encodeURIComponent(id)}`;

function accepted(answer: Answer, path: string): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Error(`opencode answered ${answer.status} to ${path.split("?")[0]}: ${answer.text.slice(0, 300)}`);
}
