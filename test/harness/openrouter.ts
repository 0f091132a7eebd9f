import type { BehaviourName } from "../programs/openrouter-behaviour.ts";
import { startProgram } from "./program.ts";

export interface OpenRouter extends AsyncDisposable {
  /** The list of models of an OpenRouter that behaves like this. */
  url(behaviour: BehaviourName): string;
  /** Path and query of what was asked of it so far. */
  requests(behaviour: BehaviourName): Promise<string[]>;
}

/** An OpenRouter on 127.0.0.1. */
export async function startOpenRouter(): Promise<OpenRouter> {
  const program = await startProgram("openrouter");
  const origin = `http://127.0.0.1:${program.announced}`;
  return {
    url: (behaviour) => `${origin}/${behaviour}/api/v1/models`,
    requests: async (behaviour) => {
      const all = (await (await fetch(`${origin}/__requests`)).json()) as string[];
      return all.filter((path) => path.startsWith(`/${behaviour}/`));
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
