import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";
import { problem } from "../contracts/problem.ts";
import { sendProblem } from "./send-problem.ts";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".woff2": "font/woff2",
  ".png": "image/png",
  ".ico": "image/x-icon",
};

const SECURITY = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
};

export type Ui = (req: IncomingMessage, res: ServerResponse) => void;

/** The built web UI. Its files are listed once, so that no request can name another file. */
export async function createUi(root: string): Promise<Ui> {
  const files = await listFiles(root);
  const index = await readFile(join(root, "index.html"));
  return (req, res) => {
    if (req.method !== "GET" && req.method !== "HEAD")
      return sendProblem(res, problem("method_not_allowed", "Only GET is answered here."), { allow: "GET, HEAD" });
    const path = (req.url ?? "/").split("?", 1)[0] ?? "/";
    const size = files.get(path);
    if (size !== undefined && path !== "/index.html") return sendFile(join(root, path), size, { req, res, path });
    // A page of the app, whatever its path; a file that is not there must not look like one.
    if (extname(path) !== "" && path !== "/index.html")
      return sendProblem(res, problem("not_found", "There is no such file."));
    res.writeHead(200, {
      ...SECURITY,
      "content-type": TYPES[".html"],
      "content-length": index.length,
      "cache-control": "no-cache",
    });
    res.end(req.method === "HEAD" ? undefined : index);
  };
}

function sendFile(
  file: string,
  size: number,
  { req, res, path }: { req: IncomingMessage; res: ServerResponse; path: string },
) {
  res.writeHead(200, {
    ...SECURITY,
    "content-type": TYPES[extname(path)] ?? "application/octet-stream",
    "content-length": size,
    // Vite puts a hash of the content into the names below assets.
    "cache-control": path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
  });
  if (req.method === "HEAD") return void res.end();
  createReadStream(file)
    .on("error", () => res.destroy())
    .pipe(res);
}

async function listFiles(root: string): Promise<Map<string, number>> {
  const files = new Map<string, number>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.set(`/${relative(root, file).split(sep).join("/")}`, (await stat(file)).size);
  }
  return files;
}
