import type { ModelServer } from "./model-server.ts";
import type { TestRouter } from "./router.ts";

interface StoredMessage {
  readonly info: { readonly role: string; readonly time?: { readonly completed?: number } };
  readonly parts: readonly { readonly type: string; readonly text?: string }[];
}

export interface Conversation {
  readonly id: string;
  /** Texts of the person, oldest first. */
  readonly texts: readonly string[];
  /** How many answers of the agent are complete. */
  readonly answers: number;
}

/** All conversations that people see in a session, asked of its opencode through the router. */
export async function conversations(router: TestRouter, hash: string): Promise<Conversation[]> {
  const list = (await router.onSession(hash, "/session?roots=true")).json<{ id: string }[]>();
  return Promise.all(list.map(({ id }) => conversation(router, hash, id)));
}

async function conversation(router: TestRouter, hash: string, id: string): Promise<Conversation> {
  const messages = (await router.onSession(hash, `/session/${id}/message`)).json<StoredMessage[]>();
  const texts = messages
    .filter(({ info }) => info.role === "user")
    .flatMap(({ parts }) => parts)
    .flatMap(({ type, text }) => (type === "text" ? [text ?? ""] : []));
  const answers = messages.filter(({ info }) => info.role === "assistant" && info.time?.completed !== undefined).length;
  return { id, texts, answers };
}

/** How often an agent asked the model about a text; requests without tools are for titles. */
export const timesAsked = async (model: ModelServer, text: string): Promise<number> =>
  (await model.requests()).filter(({ tools, user }) => tools.length > 0 && user.includes(text)).length;

/** Gives a prompt by hand, and waits until it is answered. */
export async function promptByHand(
  router: TestRouter,
  { hash, id, text }: { readonly hash: string; readonly id: string; readonly text: string },
): Promise<void> {
  const answer = await router.onSession(hash, `/session/${id}/message`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ parts: [{ type: "text", text }] }),
  });
  if (answer.status !== 200) throw new Error(`the prompt was answered with ${answer.status}: ${answer.text}`);
}
