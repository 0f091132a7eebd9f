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
}

export const isMissed = ({ value, target }: Figure): boolean => target !== undefined && !(value <= target);

/** One line of the result. */
export function figureLine(figure: Figure): string {
  const { name, value, unit = "", target } = figure;
  const shown = unit === "" ? value.toFixed(2) : `${value.toFixed(0)}${unit}`;
  const verdict = target === undefined ? "" : `  (at most ${target}${unit})  ${isMissed(figure) ? "MISSED" : "ok"}`;
  return `${name} = ${shown}${verdict}`;
}
