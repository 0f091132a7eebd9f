import { WebSocket } from "ws";
import { API, type ApiEntrance, type ApiEntranceName, type Verdict } from "../../src/router/access/table.ts";
import { call, open } from "../harness/http.ts";
import type { TestRouter } from "../harness/router.ts";
import { openSocket } from "../harness/web-socket.ts";

type Headers = Readonly<Record<string, string>>;

/** What the table would call an answer: every status that is no refusal of the access is one that was let in. */
export const allowedOr = (status: number): Verdict | number => ([401, 403, 404].includes(status) ? status : "allow");

export const apiRows = () => Object.entries(API) as [ApiEntranceName, ApiEntrance][];

/** One host over HTTP, as an event stream and by a WebSocket, in this order. */
export async function askHost(router: TestRouter, host: string, headers: Headers): Promise<(Verdict | number)[]> {
  const sent = { host, ...headers };
  const plain = await call(router.ports.public, "/", { headers: sent });
  const events = await open(router.ports.public, "/", { headers: { ...sent, accept: "text/event-stream" } });
  events.destroy();
  const socket = await openSocket(router.ports.public, "/socket", sent);
  if (socket instanceof WebSocket) socket.close();
  return [plain.status, events.statusCode ?? 0, socket instanceof WebSocket ? 101 : socket].map(allowedOr);
}

export interface RouteAsked {
  readonly name: ApiEntranceName;
  readonly hash: string;
  readonly port: number;
  readonly headers: Headers;
}

/** One route of the API, with a body that is refused where one is needed: only the access is asked for. */
export async function askRoute(
  router: TestRouter,
  { name, hash, port, headers }: RouteAsked,
): Promise<Verdict | number> {
  const [method = "", path = ""] = name.split(" ");
  const url = path
    .replace("{hash}", hash)
    .replace("{port}", String(port))
    .replaceAll(/\{\w+\}/g, "NO_SUCH");
  const body = method === "PUT" ? { body: "{}" } : {};
  const type = method === "PUT" ? { "content-type": "application/json" } : {};
  const sent = { host: router.mainHost(), ...headers, ...type };
  const answer = await open(router.ports.public, url, { method, headers: sent, ...body });
  const chunks: string[] = [];
  // Streams do not end, and refusals are short.
  if ((answer.statusCode ?? 0) >= 400) for await (const chunk of answer) chunks.push(String(chunk));
  answer.destroy();
  return isOfTheThing(chunks.join("")) ? "allow" : allowedOr(answer.statusCode ?? 0);
}

/** There is no such secret or token, and no token for GitHub: told to those who were let in. */
const isOfTheThing = (text: string): boolean => /You have no such|GitHub/.test(text);
