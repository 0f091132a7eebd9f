import { setTimeout as delay } from "node:timers/promises";
import { ApiFailure, type TestApi, type WatchEvent } from "./test-api.ts";

const PAUSE_MS = 300;

/** Tries again until it succeeds: the API server may be away for a while. @throws when the signal fires */
export async function persist<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch {
      await delay(PAUSE_MS, undefined, { signal });
    }
  }
}

/** Follows objects until the signal fires, through outages of the API server. */
export async function followAlways<T>(
  { api, path, signal }: { readonly api: TestApi; readonly path: string; readonly signal: AbortSignal },
  seen: (event: WatchEvent<T>) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of api.follow<T>(path, signal)) seen(event);
    } catch {
      // It is begun again, with a new list.
    }
    await delay(PAUSE_MS, undefined, { signal }).catch(() => {});
  }
}

/** Whether what a call was about is not there any more, or is another one by now. */
export const isGone = (error: unknown): boolean =>
  error instanceof ApiFailure && (error.status === 404 || error.status === 409);
