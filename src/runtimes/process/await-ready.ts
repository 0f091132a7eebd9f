import { explainAgentCrash } from "../../contracts/agent-crash.ts";
import type { Failure } from "../../contracts/session.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Secret } from "../../lib/secret.ts";
import { explainSessiondExit, notReadyInTime } from "../explain-failure.ts";
import { readTail } from "./session-log.ts";
import type { SessionFolder } from "./session-folder.ts";
import { fetchStatus } from "../sessiond-client.ts";
import type { Sessiond } from "./sessiond-process.ts";

/** Slow while opencode boots and needs the machine; quick from its first answer on, when it is a matter of moments. */
const POLL_MS = { booting: 100, answering: 20 };

export interface ReadyWait {
  readonly folder: SessionFolder;
  readonly key: Secret;
  readonly sessiond: Sessiond;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** @returns undefined when opencode is ready, else why it will not be. @throws when the signal fires. */
export async function awaitReady(wait: ReadyWait): Promise<Failure | undefined> {
  const { folder, sessiond, clock, timeoutMs, signal } = wait;
  let exited = false;
  sessiond.exited.then(() => (exited = true)).catch(() => (exited = true));
  const deadline = clock.now() + timeoutMs;
  while (clock.now() < deadline) {
    let pauseMs = POLL_MS.booting;
    signal.throwIfAborted();
    if (exited) return explainSessiondExit(await readTail(folder.sessiondLog, sessiond.logFrom));
    const asked = await fetchStatus({ socketPath: folder.socket }, wait.key);
    if (asked.answer === "status") {
      if (asked.status.opencode.state === "error") return explainAgentCrash(asked.status.opencode.lastCrash);
      if (asked.status.readyAt !== null) return undefined;
      if (asked.status.opencode.state === "running") pauseMs = POLL_MS.answering;
    }
    await clock.sleep(pauseMs, signal);
  }
  return notReadyInTime(timeoutMs);
}
