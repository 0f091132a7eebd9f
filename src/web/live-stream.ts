import type { z } from "zod";
import { reopenDelayMs } from "./state/reopen.ts";

export type LinkStatus = "connecting" | "live" | "reconnecting";

export interface LiveStream<T extends Record<string, z.ZodType>> {
  readonly url: string;
  readonly events: T;
  /** @param event one event whose payload fits its schema. */
  onEvent(event: { [K in keyof T & string]: { event: K; data: z.infer<T[K]> } }[keyof T & string]): void;
  onStatus?(status: LinkStatus): void;
  /** A payload did not fit its schema and was left out. */
  onMalformed?(): void;
  /** The server refused the stream; it is opened again after a back-off unless the signal is aborted. */
  onRefused?(): void;
  readonly signal: AbortSignal;
}

/** `data` is there on server-sent events only: an event that the server names `error` must not be taken for a lost connection. */
const isMessage = (event: Event): event is MessageEvent<string> => "data" in event;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Follows server-sent events until the signal is aborted: the browser's own retry, and a re-open where it gives up. */
export function followStream<T extends Record<string, z.ZodType>>(stream: LiveStream<T>): void {
  const { signal } = stream;
  let source: EventSource | undefined;
  let timer: number | undefined;
  let failures = 0;

  const receive = (name: keyof T & string, text: string) => {
    const parsed = stream.events[name]?.safeParse(parseJson(text));
    if (parsed?.success) stream.onEvent({ event: name, data: parsed.data } as Parameters<typeof stream.onEvent>[0]);
    else stream.onMalformed?.();
  };
  const lost = (closed: boolean) => {
    stream.onStatus?.("reconnecting");
    if (!closed) return;
    stream.onRefused?.();
    if (signal.aborted) return;
    failures += 1;
    timer = window.setTimeout(open, reopenDelayMs(failures, Math.random()));
  };
  function open(): void {
    window.clearTimeout(timer);
    source?.close();
    const opened = new EventSource(stream.url);
    source = opened;
    opened.addEventListener("open", () => {
      failures = 0;
      stream.onStatus?.("live");
    });
    opened.addEventListener("error", (event) => {
      if (!isMessage(event) && source === opened) lost(opened.readyState === EventSource.CLOSED);
    });
    for (const name of Object.keys(stream.events))
      opened.addEventListener(name, (event) => {
        if (isMessage(event) && !signal.aborted) receive(name, event.data);
      });
  }

  if (signal.aborted) return;
  open();
  // The network came back: no reason to sit out the rest of a back-off.
  window.addEventListener("online", open, { signal });
  signal.addEventListener("abort", () => {
    window.clearTimeout(timer);
    source?.close();
  });
}
