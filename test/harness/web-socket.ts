import { once } from "node:events";
import { WebSocket } from "ws";

/** Opens a WebSocket under any Host. @returns the socket, or the status of the refusal */
export function openSocket(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<WebSocket | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
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
  const [data] = (await once(socket, "message")) as [Buffer];
  return data.toString("utf8");
}
