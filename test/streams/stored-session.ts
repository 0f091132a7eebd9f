import { join } from "node:path";
import type { Email } from "../../src/contracts/email.ts";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import type { ProgressMessage } from "../../src/contracts/status.ts";
import { Secret } from "../../src/lib/secret.ts";
import { SessionKeys } from "../../src/sessions/session-keys.ts";
import { openStore } from "../../src/store/open-store.ts";
import { call } from "../harness/http.ts";
import { prepareRouter, type TestRouter } from "../harness/router.ts";
import { sampleReport } from "../harness/sample-report.ts";
import { sampleSession } from "../harness/sample-session.ts";

const TOKEN_SECRET = "token-secret-of-the-tests";

/** A router with a stopped session, whose messages a test tells itself, in the name of its sessiond. */
export async function routerWithSession(hash: SessionHash): Promise<TestRouter> {
  const router = await prepareRouter({ env: { TOKEN_SECRET } });
  try {
    const store = await openStore({ dataDir: join(router.dataDir, "data") });
    const blank = { repoUrl: null, branch: null, sourceBranch: null, initialMessage: null, initialMessageDone: true };
    const owner = "local@localhost" as Email;
    await store.sessions.insert(sampleSession({ hash, owner, desired: "stopped", ...blank }));
    await store.close();
    await router.start();
    return router;
  } catch (cause) {
    await router[Symbol.asyncDispose]();
    throw cause;
  }
}

export async function pushMessages(
  router: TestRouter,
  hash: SessionHash,
  messages: readonly ProgressMessage[],
): Promise<void> {
  const key = new SessionKeys(new Secret(TOKEN_SECRET)).sessionKey(hash).reveal();
  const { status, text } = await call(router.ports.internal, `/internal/sessions/${hash}/report`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(sampleReport({ messages: [...messages], initialMessageDone: true })),
  });
  if (status !== 204) throw new Error(`the report was answered with ${status}: ${text}`);
}

export const message = (n: number, text = `text of ${n}`): ProgressMessage => ({
  id: `msg_${n}`,
  role: "assistant",
  text,
  at: "2026-01-02T03:04:05.678Z",
});

/** Messages `from` to `to`, the last included. */
export const messages = (from: number, to: number, text?: string): ProgressMessage[] =>
  Array.from({ length: to - from + 1 }, (_, place) => message(from + place, text));
