/**
 * An edge with one fault, before a sound one: what the doctor has to notice. Arguments: its own port, the port of the sound one, the
 * fault, and the cookie of somebody who has signed in. Announces that it listens.
 *
 * `believes`: takes whoever names an e-mail for that person. `open`: takes everybody for that person. `buffers`: holds event streams
 * back until they end. `cuts`: ends WebSockets after a second. `callback`: tells the provider another callback. `none`: nothing.
 */
import { createServer, request, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { endWithParent } from "../harness/program.ts";

export type Fault = "none" | "believes" | "open" | "buffers" | "cuts" | "callback";

const [own = "", port = "", fault = "none", cookie = ""] = process.argv.slice(2);
const CUT_MS = 1_000;

function headersOf({ rawHeaders }: IncomingMessage): string[] {
  const claims = rawHeaders.some((text, index) => index % 2 === 0 && /^x[-_]auth[-_]request[-_]email$/i.test(text));
  const isLetIn = fault === "open" || (fault === "believes" && claims);
  return isLetIn ? [...rawHeaders, "Cookie", cookie] : rawHeaders;
}

function answerHeaders({ rawHeaders }: IncomingMessage): string[] {
  if (fault !== "callback") return rawHeaders;
  return rawHeaders.map((text) => text.replace("%2Foauth2%2Fcallback", "%2Fcallback"));
}

const server = createServer((req, res) => {
  const { method, url: path } = req;
  const upstream = request({ host: "127.0.0.1", port, method, path, headers: headersOf(req), setHost: false });
  upstream.on("response", (answer) => {
    const isHeldBack = fault === "buffers" && answer.headers["content-type"]?.startsWith("text/event-stream");
    if (isHeldBack) return void answer.resume();
    res.writeHead(answer.statusCode ?? 502, answerHeaders(answer));
    answer.pipe(res);
  });
  upstream.on("error", () => res.destroy());
  res.on("close", () => upstream.destroy());
  req.pipe(upstream);
});
server.on("upgrade", (req, socket, head) => {
  const upstream = connect(Number(port), "127.0.0.1");
  const headers = headersOf(req);
  upstream.write(`GET ${req.url} HTTP/1.1\r\n`);
  for (let i = 0; i + 1 < headers.length; i += 2) upstream.write(`${headers[i]}: ${headers[i + 1]}\r\n`);
  upstream.write("\r\n");
  upstream.write(head);
  upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
  socket.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
  upstream.pipe(socket).pipe(upstream);
  if (fault === "cuts") setTimeout(() => socket.destroy(), CUT_MS);
});
server.listen(Number(own), "127.0.0.1", () => void process.stdout.write("listening\n"));
endWithParent();
