import { spreadOf, type Figure } from "../figures.ts";
import type { Sample } from "./measure.ts";

type Reading = "perSecond" | "cpuPerRequest" | "connectionsPerRequest";

/** The samples of a run, asked by load and contestant. */
export class Results {
  readonly #samples: readonly Sample[];

  constructor(samples: readonly Sample[]) {
    this.#samples = samples;
  }

  /** Round by round. */
  #values(reading: Reading, load: string, contestant: string): number[] {
    return this.#samples
      .filter((sample) => sample.load === load && sample.contestant === contestant)
      .map((sample) => sample[reading]);
  }

  median(reading: Reading, load: string, contestant: string): number {
    return spreadOf(this.#values(reading, load, contestant)).median;
  }

  /** The median of the rounds' own ratios: what the machine did in one round hits both. */
  ratio(load: string, contestant: string, other: string): number {
    const others = this.#values("perSecond", load, other);
    return spreadOf(this.#values("perSecond", load, contestant).map((value, round) => value / (others[round] ?? 0)))
      .median;
  }

  /** One table a load, of all contestants. */
  tables(): string {
    const loads = [...new Set(this.#samples.map(({ load }) => load))];
    const contestants = [...new Set(this.#samples.map(({ contestant }) => contestant))];
    return loads.map((load) => this.#table(load, contestants)).join("\n");
  }

  #table(load: string, contestants: readonly string[]): string {
    const rows = contestants.map((name) => [
      name,
      this.median("perSecond", load, name).toFixed(0),
      this.ratio(load, name, "direct").toFixed(2),
      this.median("cpuPerRequest", load, name).toFixed(0),
      String(this.failures(load, name)),
    ]);
    const lines = [[load, "per second", "of direct", "µs CPU each", "failures"], ...rows].map(
      ([first = "", ...cells]) => [first.padEnd(24), ...cells.map((cell) => cell.padStart(11))].join(" "),
    );
    return `${lines.join("\n")}\n`;
  }

  /** In all rounds together. */
  failures(load: string, contestant: string): number {
    const all = this.#samples.filter((sample) => sample.load === load && sample.contestant === contestant);
    return all.reduce((sum, { failures }) => sum + failures, 0);
  }
}

const MIN_OF_DIRECT = 0.25;
const MIN_OF_HTTP_PROXY = 3;
const MAX_CPU_MICROSECONDS = 80;

export function figuresOf(results: Results): Figure[] {
  const atFifty = "get @50";
  return [
    ...["get @1", "get @200", "1 MB down @8", "1 MB up @8", "ws echo @50"].map((load) => ({
      name: `router/direct ${load}`,
      value: results.ratio(load, "router", "direct"),
    })),
    { name: "router/http-proxy, keep-alive @50", value: results.ratio(atFifty, "router", "http-proxy, keep-alive") },
    {
      name: "router/configurable-http-proxy @50",
      value: results.ratio(atFifty, "router", "configurable-http-proxy"),
    },
    { name: "router/nginx @50", value: results.ratio(atFifty, "router", "nginx") },
    { name: "router/direct @50", value: results.ratio(atFifty, "router", "direct"), least: MIN_OF_DIRECT },
    { name: "router/http-proxy @50", value: results.ratio(atFifty, "router", "http-proxy"), least: MIN_OF_HTTP_PROXY },
    {
      name: "cpu/request @50",
      value: results.median("cpuPerRequest", atFifty, "router"),
      unit: " µs",
      target: MAX_CPU_MICROSECONDS,
    },
    {
      name: "new upstream connections/request @50",
      value: results.median("connectionsPerRequest", atFifty, "router"),
      target: 0,
    },
    // A refusal is quick: without these the figures above would mean nothing.
    { name: "router's failures @50", value: results.failures(atFifty, "router"), target: 0 },
  ];
}
