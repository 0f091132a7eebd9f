/**
 * What stands before the router in production, as small as it can be: who has the sign-in's cookie, which all hosts of
 * the domain share, is told to the router with the edge's secret; whatever a client says of itself is taken away.
 * Arguments: its own port, the router's port, the edge's secret, the cookie's name. Announces that it listens.
 */
import type { IncomingMessage } from "node:http";
import { passOn } from "../harness/pass-on.ts";

const [own = "", port = "", secret = "", cookieName = ""] = process.argv.slice(2);

/** The cookie's value stands for the person, as the sealed one of a true sign-in does. */
function personOf({ headers }: IncomingMessage): string | undefined {
  const values = (headers.cookie ?? "").split("; ").filter((pair) => pair.startsWith(`${cookieName}=signed-in-`));
  return values[0]?.slice(`${cookieName}=signed-in-`.length);
}

function headersOf(req: IncomingMessage): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < req.rawHeaders.length; i += 2)
    if (!/^x[-_](auth|edge|forwarded)/i.test(req.rawHeaders[i] ?? "")) kept.push(...req.rawHeaders.slice(i, i + 2));
  const person = personOf(req);
  kept.push("X-Edge-Secret", secret, "X-Forwarded-For", req.socket.remoteAddress ?? "");
  return person === undefined ? kept : [...kept, "X-Auth-Request-Email", `${person}@example.org`];
}

passOn({ own, port, headersOf });
