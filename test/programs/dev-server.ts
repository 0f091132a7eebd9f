/** A dev server of many talents: `dev-server.ts <port> <address>`. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { WebSocketServer } from "ws";

const [port = "0", address = "localhost"] = process.argv.slice(2);
const CHUNK = Buffer.alloc(64 * 1024, "x");

/** Bytes that were written towards a client, and read from one. */
const moved = { down: 0, up: 0 };
let mayRead = gate();
let secondEvent = gate();

function gate(): { readonly opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

async function download(res: ServerResponse, bytes: number): Promise<void> {
  res.writeHead(200, { "content-length": bytes });
  for (moved.down = 0; moved.down < bytes && !res.destroyed; moved.down += CHUNK.length)
    if (!res.write(CHUNK)) await new Promise((resolve) => res.once("drain", resolve).once("close", resolve));
  res.end();
}

/** Reads nothing before it is told to. */
async function upload(req: IncomingMessage, res: ServerResponse): Promise<void> {
  moved.up = 0;
  await mayRead.opened;
  for await (const chunk of req) moved.up += (chunk as Buffer).length;
  mayRead = gate();
  res.end(String(moved.up));
}

async function events(res: ServerResponse, next: Promise<void>): Promise<void> {
  res.writeHead(200, { "content-type": "text/event-stream" });
  res.write("data: 1\n\n");
  await next;
  res.end("data: 2\n\n");
}

const server = createServer((req, res) => {
  const url = new URL(req.url ?? "/", "http://server");
  switch (url.pathname) {
    case "/events":
      secondEvent = gate();
      return void events(res, secondEvent.opened);
    case "/second-event":
      secondEvent.open();
      return void res.end();
    case "/down":
      return void download(res, Number(url.searchParams.get("bytes")));
    case "/up":
      return void upload(req, res);
    case "/read":
      mayRead.open();
      return void res.end();
    case "/moved":
      return void res.end(JSON.stringify(moved));
    case "/login":
      res.writeHead(302, { location: `http://localhost:${port}/welcome` });
      return void res.end();
    case "/url": {
      const { "x-forwarded-proto": proto, "x-forwarded-host": host, "x-forwarded-for": client } = req.headers;
      return void res.end(JSON.stringify({ url: `${proto}://${host}${req.url}`, client, headers: req.rawHeaders }));
    }
    default:
      return void res.end(`node on ${address}`);
  }
});
new WebSocketServer({ server }).on("connection", (socket, { headers }) => {
  socket.send(JSON.stringify({ host: headers.host, origin: headers.origin }));
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.listen(Number(port), address);
