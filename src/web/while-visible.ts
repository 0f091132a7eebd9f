import { onCleanup } from "solid-js";

/**
 * Runs `follow` while somebody can see the page. Over HTTP/1.1 a browser has six connections for all tabs of a host: streams
 * of forgotten tabs would use them up.
 */
export function whileVisible(follow: (signal: AbortSignal) => void): void {
  let current: AbortController | undefined;
  const stop = () => {
    current?.abort();
    current = undefined;
  };
  const sync = () => {
    if (document.visibilityState === "hidden") return stop();
    if (current !== undefined) return;
    current = new AbortController();
    follow(current.signal);
  };
  sync();
  document.addEventListener("visibilitychange", sync);
  onCleanup(() => {
    document.removeEventListener("visibilitychange", sync);
    stop();
  });
}
