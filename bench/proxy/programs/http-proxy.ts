/** `http-proxy` in front of another port: http-proxy.ts <port> <target port> fresh|keep-alive. */
import { Agent, createServer } from "node:http";
import httpProxy from "http-proxy";

const [port = "", targetPort = "", connections] = process.argv.slice(2);
const target = { host: "127.0.0.1", port: Number(targetPort) };
const proxy = httpProxy.createProxyServer(
  connections === "keep-alive" ? { target, agent: new Agent({ keepAlive: true }) } : { target },
);
// The load ends in the middle of requests.
proxy.on("error", (_cause, _req, res) => void res.destroy());

const server = createServer((req, res) => proxy.web(req, res));
server.on("upgrade", (req, socket, head) => proxy.ws(req, socket, head));
server.listen(Number(port), "127.0.0.1");
