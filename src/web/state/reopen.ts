const FIRST_MS = 1_000;
const MAX_MS = 30_000;

/**
 * Delay before a refused stream is opened again: doubles up to half a minute, and is spread so that the pages of a team
 * do not come back in one moment.
 * @param random between 0 and 1.
 */
export const reopenDelayMs = (failures: number, random: number): number => {
  const full = Math.min(MAX_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return full * (0.5 + random / 2);
};
