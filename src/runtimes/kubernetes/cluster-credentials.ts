import { readFile } from "node:fs/promises";
import type { Clock } from "../../lib/clock.ts";
import { Secret } from "../../lib/secret.ts";

/** Why there is no cluster to talk to, in a sentence for whoever starts the router. Never says what is in a file. */
export class ClusterSourceError extends Error {
  override readonly name = "ClusterSourceError";
}

export interface TokenSource {
  /** @throws ClusterSourceError when the file cannot be read */
  get(): Promise<Secret>;
  /** The server refused what `get` gave: look again. */
  forget(): void;
}

/** How long a token is used before its file is read again. It lives for ten minutes at the least. */
const TOKEN_MS = 60_000;

/** A token that somebody replaces in time. */
export function tokenFromFile(path: string, clock: Clock): TokenSource {
  let known: { readonly token: Secret; readonly readAt: number } | undefined;
  return {
    async get() {
      if (known && clock.now() - known.readAt < TOKEN_MS) return known.token;
      const text = (await readText(path)).trim();
      if (!text) throw new ClusterSourceError(`${path} is empty: it must hold a token`);
      known = { token: new Secret(text), readAt: clock.now() };
      return known.token;
    },
    forget() {
      known = undefined;
    },
  };
}

export function constantToken(text: string): TokenSource {
  const token = new Secret(text);
  return { get: () => Promise.resolve(token), forget() {} };
}

/** @throws ClusterSourceError */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new ClusterSourceError(`${path} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`);
  }
}

/** @param origin where the text came from, for the error. @throws ClusterSourceError */
export function requirePem(text: string, origin: string): string {
  if (!text.includes("-----BEGIN ")) throw new ClusterSourceError(`${origin} holds no PEM text`);
  return text;
}
