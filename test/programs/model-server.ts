/**
 * A model server on loopback that speaks OpenAI's chat completions protocol: `model-server.ts [port]`. Announces its port.
 * `GET /__requests` tells what was asked so far; `model-behaviour.ts` which keyword makes it do what.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { text } from "node:stream/consumers";
import { endWithParent } from "../harness/program.ts";
import { behaviourFor, lastUserText, type Behaviour, type ChatRequest, type Delta } from "./model-behaviour.ts";

/** What is kept of a request, for tests to look at. */
export interface SeenRequest {
  readonly model: string;
  readonly authorization: string | null;
  /** The text of the last message of the user. */
  readonly user: string;
  readonly roles: readonly string[];
  /** Names of the tools that were offered; none when opencode asks for a title. */
  readonly tools: readonly string[];
}

const seen: SeenRequest[] = [];

const sendJson = (res: ServerResponse, status: number, body: unknown): void => {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const path = new URL(req.url ?? "/", "http://model.invalid").pathname;
  if (path === "/__requests") return sendJson(res, 200, seen);
  if (path.endsWith("/models")) return sendJson(res, 200, { object: "list", data: [{ id: "test", object: "model" }] });
  if (!path.endsWith("/chat/completions")) return sendJson(res, 404, { error: { message: "Not found" } });
  const request = JSON.parse(await text(req)) as ChatRequest;
  seen.push({
    model: request.model,
    authorization: req.headers.authorization ?? null,
    user: lastUserText(request),
    roles: request.messages.map((message) => message.role),
    tools: (request.tools ?? []).map((tool) => tool.function.name),
  });
  await perform(behaviourFor(request, seen.length), request, res);
}

async function perform(behaviour: Behaviour, request: ChatRequest, res: ServerResponse): Promise<void> {
  if (behaviour.do === "fail") {
    const error = { message: `The model server answers ${behaviour.status}`, type: "test_error", code: "test" };
    return sendJson(res, behaviour.status, { error });
  }
  if (behaviour.do === "hang") {
    res.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    return;
  }
  const { deltas, finish, delayMs } = behaviour;
  const base = { id: `chatcmpl-${seen.length}`, created: Math.floor(Date.now() / 1000), model: request.model };
  const usage = usageOf(request, deltas.length);
  if (!request.stream) {
    const message = { role: "assistant", content: deltas.map((delta) => delta.content ?? "").join("") };
    const choices = [{ index: 0, finish_reason: finish, message }];
    return sendJson(res, 200, { ...base, object: "chat.completion", choices, usage });
  }
  res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const chunk = (delta: Delta | undefined, finishReason: string | null) => {
    const choices = delta ? [{ index: 0, delta, finish_reason: finishReason }] : [];
    const rest = delta ? {} : { usage };
    res.write(`data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", choices, ...rest })}\n\n`);
  };
  for (const delta of deltas) {
    if (res.destroyed) return;
    chunk(delta, null);
    await delay(delayMs);
  }
  chunk({}, finish);
  chunk(undefined, null);
  res.end("data: [DONE]\n\n");
}

function usageOf(request: ChatRequest, completion: number) {
  const prompt = 1000 + request.messages.length;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 200 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

const server = createServer((req, res) => {
  answer(req, res).catch(() => res.destroy());
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () =>
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`),
);
endWithParent();
