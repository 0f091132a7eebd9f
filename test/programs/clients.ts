/** Opens so many silent streams, talking streams and WebSockets each at `host port count`, announces it, and reads for ever. */
import { connect } from "node:net";
import { once } from "node:events";
import { endWithParent } from "../harness/program.ts";

const [host = "", port = "", count = ""] = process.argv.slice(2);
const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
const requests = ["GET /quiet HTTP/1.1\r\n", "GET /talk HTTP/1.1\r\n", `GET /socket HTTP/1.1\r\n${upgrade}`];

const opened = requests.flatMap((request) =>
  Array.from({ length: Number(count) }, async () => {
    const socket = connect(Number(port), host).on("error", () => {});
    socket.write(`${request}Host: here\r\n\r\n`);
    await once(socket, "data");
    socket.resume();
  }),
);
await Promise.all(opened);
process.stdout.write("open\n");
endWithParent();
