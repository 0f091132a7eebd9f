import { once } from "node:events";
import { WebSocket } from "ws";

/** Messages that came and were not asked for yet: the first may come together with the answer to the handshake. */
const waiting = new WeakMap<WebSocket, string[]>();

/** Opens a WebSocket under any Host. @returns the socket, or the status of the refusal */
export function openSocket(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<WebSocket | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  const messages: string[] = [];
  waiting.set(socket, messages);
  socket.on("message", (data: Buffer) => messages.push(data.toString("utf8")));
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("unexpected-response", (req, res) => {
      resolve(res.statusCode ?? 0);
      req.destroy();
    });
    socket.once("error", reject);
  });
}

export async function nextMessage(socket: WebSocket): Promise<string> {
  const messages = waiting.get(socket) ?? [];
  while (messages.length === 0) await once(socket, "message");
  return messages.shift() ?? "";
}
