export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Delay before try number `attempt` (1 = first repetition): doubles from `firstMs` up to `maxMs`. */
export const backoffMs = ({ firstMs, maxMs }: Backoff, attempt: number): number =>
  Math.min(maxMs, firstMs * 2 ** Math.max(0, attempt - 1));
