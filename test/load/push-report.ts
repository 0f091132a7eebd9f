import { Secret } from "../../src/lib/secret.ts";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import { SessionKeys } from "../../src/sessions/session-keys.ts";
import { call, type Answer } from "../harness/http.ts";
import type { TestRouter } from "../harness/router.ts";
import { sampleReport } from "../harness/sample-report.ts";

/** For a router to which reports are pushed. */
export const TOKEN_SECRET = "token-secret-of-the-tests";
const KEYS = new SessionKeys(new Secret(TOKEN_SECRET));

/** Pushes a report of a session as its sessiond does: its conversation has this title, and one message. */
export function pushReport(
  router: TestRouter,
  hash: SessionHash,
  { title, text }: { readonly title: string; readonly text: string },
): Promise<Answer> {
  const report = sampleReport({
    conversation: { id: "ses_pushed", directory: "/home/workspace", title },
    initialMessageDone: true,
    messages: [{ id: "msg_pushed", role: "assistant", text, at: "2026-01-02T03:04:05.000Z" }],
  });
  return call(router.ports.internal, `/internal/sessions/${hash}/report`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEYS.sessionKey(hash).reveal()}`, "content-type": "application/json" },
    body: JSON.stringify(report),
  });
}
