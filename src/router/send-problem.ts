import type { ServerResponse } from "node:http";
import type { Problem } from "../contracts/problem.ts";

type Headers = Readonly<Record<string, string>>;

const bodyAndHeaders = (problem: Problem, extra: Headers) => {
  const body = JSON.stringify(problem);
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "content-length": String(Buffer.byteLength(body)),
    "cache-control": "no-store",
    ...extra,
  };
  return { body, headers };
};

export function sendProblem(res: ServerResponse, problem: Problem, extra: Headers = {}): void {
  const { body, headers } = bodyAndHeaders(problem, extra);
  res.writeHead(problem.status, headers);
  res.end(res.req.method === "HEAD" ? undefined : body);
}

/** A whole HTTP/1.1 answer, for an upgrade that is refused. */
export function rawProblem(problem: Problem, extra: Headers = {}): string {
  const { body, headers } = bodyAndHeaders(problem, { ...extra, connection: "close" });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join("")}\r\n${body}`;
}
