import type { SessionHash } from "../contracts/session-hash.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { isIdle, type Use } from "./idle.ts";

export interface IdleReaperParts {
  /** The running sessions, and how they are used as far as the router knows. */
  readonly running: () => readonly { readonly hash: SessionHash; readonly use: Use }[];
  /** Asks the session itself. @throws when it does not answer */
  readonly isBusy: (hash: SessionHash) => Promise<boolean>;
  /** The agent's work counts as activity, so that the person has the whole time after it. */
  readonly touch: (hash: SessionHash) => void;
  readonly stop: (hash: SessionHash) => Promise<unknown>;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Often enough that a session stops about when it says it will. */
const ROUND_MS = 15_000;

/** Stops sessions that nobody uses. Rounds never overlap; a session that does not answer is left alone. */
export async function reapIdle(parts: IdleReaperParts, signal: AbortSignal): Promise<void> {
  const { clock, log } = parts;
  const roundMs = Math.min(ROUND_MS, parts.timeoutMs / 4);
  while (!signal.aborted) {
    await reapOnce(parts).catch((cause: unknown) => log.error({ err: cause }, "idle.round-failed"));
    await clock.sleep(roundMs, signal).catch(() => {}); // aborted: the loop ends
  }
}

export async function reapOnce(parts: IdleReaperParts): Promise<void> {
  const { running, timeoutMs, clock, log } = parts;
  for (const { hash, use } of running()) {
    if (use.busy) parts.touch(hash);
    if (!isIdle(use, clock.now(), timeoutMs)) continue;
    try {
      if (await parts.isBusy(hash)) {
        parts.touch(hash);
        continue;
      }
      // Somebody may have come while the session was asked.
      const now = running().find((other) => other.hash === hash);
      if (!now || !isIdle(now.use, clock.now(), timeoutMs)) continue;
      log.info({ hash }, "session.idle");
      await parts.stop(hash);
    } catch (cause) {
      log.warn({ hash, err: cause }, "idle.not-asked");
    }
  }
}
