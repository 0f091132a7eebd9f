/**
 * Serves the bare repositories below a folder over git's smart HTTP protocol, by `git http-backend`.
 * Arguments: one JSON object, `GitServerOptions`. Announces its port.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { endWithParent } from "../harness/program.ts";
import { runGitBackend } from "./git-backend.ts";

export interface GitServerOptions {
  /** Folder of the bare repositories. */
  readonly root: string;
  /** `user:password` that every request must present by HTTP Basic. */
  readonly basicAuth?: string;
  /** Wait before each answer. */
  readonly delayMs?: number;
  /** Answers every request with a redirect to this prefix plus the path that was asked. */
  readonly redirectTo?: string;
}

const REALM = { "www-authenticate": 'Basic realm="git"' };

async function answer(options: GitServerOptions, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (options.delayMs) await delay(options.delayMs);
  if (options.redirectTo !== undefined) {
    res.writeHead(302, { location: `${options.redirectTo}${req.url}` }).end();
    return;
  }
  const expected = options.basicAuth && `Basic ${Buffer.from(options.basicAuth).toString("base64")}`;
  if (expected && req.headers.authorization !== expected) {
    res.writeHead(401, REALM).end();
    return;
  }
  await runGitBackend(options.root, req, res);
}

const options = JSON.parse(process.argv[2] ?? "{}") as GitServerOptions;
const server = createServer((req, res) => {
  answer(options, req, res).catch(() => res.destroy());
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
endWithParent();
