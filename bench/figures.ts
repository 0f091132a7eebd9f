export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { min: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max: at(sorted.length - 1) };
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit?: string;
  /** At most this, or nothing when it is only reported. */
  readonly target?: number;
  /** At least this, likewise. */
  readonly least?: number;
}

export const isMissed = ({ value, target = Infinity, least = -Infinity }: Figure): boolean =>
  !(value <= target && value >= least);

/** One line of the result. */
export function figureLine(figure: Figure): string {
  const { name, value, unit = "", target, least } = figure;
  const shown = unit === "" ? value.toFixed(2) : `${value.toFixed(0)}${unit}`;
  const limit = target === undefined ? `at least ${least}` : `at most ${target}`;
  const isLimited = target !== undefined || least !== undefined;
  const verdict = isLimited ? `  (${limit}${unit})  ${isMissed(figure) ? "MISSED" : "ok"}` : "";
  return `${name} = ${shown}${verdict}`;
}

/** The value that a share of all values (0 to 1) does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
