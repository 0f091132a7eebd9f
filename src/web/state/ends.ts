const HOUR_MS = 3_600_000;

const HOURS = { hour: 1, day: 24, week: 7 * 24, month: 30 * 24, quarter: 90 * 24, year: 365 * 24 } as const;

/** How long something lasts from the moment that it is asked for. */
export type Ends = keyof typeof HOURS | "never";

export const SHARE_ENDS = ["hour", "day", "week", "never"] as const satisfies readonly Ends[];
export const TOKEN_ENDS = ["week", "month", "quarter", "year", "never"] as const satisfies readonly Ends[];

/** @returns ISO 8601 UTC; undefined when it does not end by itself. */
export const endsAt = (ends: Ends, now: number): string | undefined =>
  ends === "never" ? undefined : new Date(now + HOURS[ends] * HOUR_MS).toISOString();
