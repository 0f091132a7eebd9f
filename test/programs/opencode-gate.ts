import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { freePort } from "../../src/lib/free-port.ts";

/**
 * Stands in for opencode: starts the real one on another port and passes everything on, but stops at the first
 * `POST …/<GATE_PATH>`: `before` it is passed on, or `after`. Then it writes GATE_FILE and never answers.
 */
const { GATE_BIN = "", GATE_PATH = "", GATE_FILE = "", GATE_MODE = "before" } = process.env;
const args = process.argv.slice(2);
const port = Number(args.at(args.indexOf("--port") + 1));
const innerPort = await freePort();
const inner = args.map((arg) => (arg === String(port) ? String(innerPort) : arg));
spawn(GATE_BIN, inner, { stdio: "inherit" }).on("exit", (code) => process.exit(code ?? 1));

const server = createServer((incoming, response) => {
  const gated = incoming.method === "POST" && (incoming.url ?? "").endsWith(GATE_PATH);
  const stop = (): void => writeFileSync(GATE_FILE, GATE_MODE);
  if (gated && GATE_MODE === "before") return stop();
  const { method, url: path, headers } = incoming;
  const outgoing = request({ host: "127.0.0.1", port: innerPort, method, path, headers, agent: false });
  outgoing.on("error", () => response.destroy());
  outgoing.on("response", (answer) => {
    if (gated) return stop();
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  response.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
});
server.listen(port, "127.0.0.1");
