import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod/mini";
import { isGitHubToken } from "../../contracts/github-token.ts";
import { Secret } from "../../lib/secret.ts";

const MAX_BYTES = 8 * 1024;
const Body = z.strictObject({ token: z.nullable(z.string().check(z.refine(isGitHubToken))) });

/** @returns the token of the request's body, null when it takes the token away; undefined: this is no such body */
export async function readTokenBody(request: IncomingMessage): Promise<Secret | null | undefined> {
  // A body of unknown length is not read at all.
  if (!(Number(request.headers["content-length"]) <= MAX_BYTES)) return undefined;
  try {
    const { token } = Body.parse(JSON.parse(await text(request)));
    return token === null ? null : new Secret(token);
  } catch {
    // Cut off, no JSON, or another shape: what it says is nobody's business, for it may be a token.
    return undefined;
  }
}
