/** A server that does nothing but answer: `POST` gives it a body for a path, `GET` gets it. Announces its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

const bodies = new Map<string, Buffer>();

const server = createServer((req, res) => {
  const path = req.url ?? "";
  if (req.method !== "POST") {
    const body = bodies.get(path) ?? Buffer.alloc(0);
    return void res.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
  }
  void buffer(req).then((body) => {
    bodies.set(path, body);
    res.writeHead(204).end();
  });
}).listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
