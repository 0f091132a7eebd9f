/** `warning`: it works, and deserves a look. `skipped`: nothing is known of it, which is not well either. */
export type State = "ok" | "warning" | "failed" | "skipped";

export interface Verdict {
  readonly state: State;
  /** What is right, what to do, or why nobody looked. */
  readonly sentence: string;
}

export const ok = (sentence: string): Verdict => ({ state: "ok", sentence });
export const warning = (sentence: string): Verdict => ({ state: "warning", sentence });
export const failed = (sentence: string): Verdict => ({ state: "failed", sentence });
export const skipped = (sentence: string): Verdict => ({ state: "skipped", sentence });

export interface Check {
  /** What should be the case. */
  readonly title: string;
  /** What it throws counts as `failed`. */
  readonly run: () => Promise<Verdict>;
}

/** Checks that may be run side by side. */
export interface Stage {
  readonly name: string;
  readonly checks: readonly Check[];
  /** Stages without which these say nothing. */
  readonly needs?: readonly string[];
  /** Why nobody looks. */
  readonly skip?: string | undefined;
}

export interface Finding extends Verdict {
  readonly stage: string;
  readonly title: string;
}

/** Runs one stage after the other, until somebody stops it. A stage that needs another which is not well is skipped, and says so. */
export async function* examine(stages: readonly Stage[], signal?: AbortSignal): AsyncGenerator<Finding> {
  const unwell = new Set<string>();
  for (const { name, checks, needs = [], skip } of stages) {
    if (signal?.aborted) return;
    const reason = skip ?? unmet(needs, unwell);
    const run = (check: Check) => (reason === undefined ? verdictOf(check) : Promise.resolve(skipped(reason)));
    const findings = await Promise.all(
      checks.map(async (check) => ({ stage: name, title: check.title, ...(await run(check)) })),
    );
    if (findings.some(({ state }) => state === "failed" || state === "skipped")) unwell.add(name);
    yield* findings;
  }
}

function unmet(needs: readonly string[], unwell: ReadonlySet<string>): string | undefined {
  const need = needs.find((name) => unwell.has(name));
  return need === undefined ? undefined : `"${need}" has to be right first.`;
}

async function verdictOf({ run }: Check): Promise<Verdict> {
  try {
    return await run();
  } catch (cause) {
    return failed(reasonOf(cause));
  }
}

/** An error in one line. Of several attempts the first: Node tells of them with an empty message. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
