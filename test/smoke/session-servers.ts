import type { ContainerSession } from "./container-session.ts";
import { WORKSPACE } from "./image.ts";

const nodeServer = (port: number, address: string) => [
  "node",
  "--eval",
  `require("node:http").createServer((q, s) => s.end("node on ${port}")).listen(${port}, "${address}")`,
];

/** Serves its own words, as the others do, by the module that everybody starts at the command line. */
const PYTHON = `
import sys, http.server as h
class Own(h.SimpleHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"python on " + sys.argv[1].encode())
h.test(Own, h.ThreadingHTTPServer, port=int(sys.argv[1]), bind=sys.argv[2])
`;
const pythonServer = (port: number, address: string) => ["python3", "-c", PYTHON, String(port), address];

/** What people start in a session, each on one loopback address, and what it says. */
export const SERVERS = [
  { port: 5173, command: nodeServer(5173, "localhost"), on: "localhost in node", says: "node on 5173" },
  { port: 5174, command: nodeServer(5174, "127.0.0.1"), on: "127.0.0.1 in node", says: "node on 5174" },
  { port: 5175, command: nodeServer(5175, "::1"), on: "::1 in node", says: "node on 5175" },
  { port: 5176, command: pythonServer(5176, "localhost"), on: "localhost in python", says: "python on 5176" },
  { port: 5177, command: pythonServer(5177, "127.0.0.1"), on: "127.0.0.1 in python", says: "python on 5177" },
  { port: 5178, command: pythonServer(5178, "::1"), on: "::1 in python", says: "python on 5178" },
];

/** Where one more server is on all addresses: it shows that what is looked for elsewhere would be found. */
export const EVERYWHERE = 5179;

/** In the folder that the session shares with this machine: `run` there. */
const IDE_SOCKET = "/run/session/ide.sock";
const IDE_FLAGS = ["--auth=none", "--disable-telemetry", "--disable-update-check", "--disable-proxy"];

/** Starts all of them, and the web IDE, in a session that runs. */
export async function startServers(session: ContainerSession): Promise<void> {
  for (const { command } of SERVERS) await session.execDetached(...command);
  await session.execDetached(...nodeServer(EVERYWHERE, "0.0.0.0"));
  await session.execDetached("code-server", `--socket=${IDE_SOCKET}`, "--socket-mode=600", ...IDE_FLAGS, WORKSPACE);
}

/** Where the web IDE's socket is on this machine. */
export const ideSocket = (session: ContainerSession): string => session.path("run/ide.sock");

/** What the web IDE answers on its socket: its text, a line break and the HTTP status. */
export async function askIde(session: ContainerSession, path: string): Promise<string> {
  const request = ["-s", "-m", "20", "--unix-socket", IDE_SOCKET, "-w", "\n%{http_code}", `http://ide${path}`];
  return (await session.exec("curl", ...request)).stdout;
}
