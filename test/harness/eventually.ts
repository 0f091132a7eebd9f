import { setTimeout as delay } from "node:timers/promises";

const PERIOD_MS = 50;

/** Tries again until it does not throw; after a long time the last error is thrown. */
export async function eventually<T>(attempt: () => Promise<T>, limitMs = 60_000): Promise<T> {
  const until = Date.now() + limitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
    await delay(PERIOD_MS);
  }
}
