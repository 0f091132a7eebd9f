/**
 * A listener of the router alone, at an address: `/talk` is a stream that never stops talking, every other path one that says
 * nothing, and so is a WebSocket. Announces its port, then the number of open exchanges on each change.
 */
import type { AddressInfo } from "node:net";
import { silentLog } from "../../src/lib/log.ts";
import { listen, type Handler } from "../../src/router/listeners.ts";
import { VanishedClients } from "../../src/router/vanished-clients.ts";
import { endWithParent } from "../harness/program.ts";

const [address = "127.0.0.1"] = process.argv.slice(2);
let open = 0;
const say = (line: number) => process.stdout.write(`${line}\n`);
const count = (exchange: NodeJS.EventEmitter) => {
  say((open += 1));
  exchange.once("close", () => say((open -= 1)));
};

const handler: Handler = {
  request: (req, res) => {
    count(res);
    res.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    if (req.url !== "/talk") return;
    const talk = setInterval(() => res.write(": hello\n\n"), 100);
    res.once("close", () => clearInterval(talk));
  },
  upgrade: (_req, socket) => {
    count(socket);
    socket.resume();
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  },
};

const server = await listen({ name: "alone", variable: "PORT", address, port: 0 }, handler, silentLog);
new VanishedClients().watch(server);
say((server.address() as AddressInfo).port);
endWithParent();
