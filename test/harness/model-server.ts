import { startProgram } from "./program.ts";
import type { SeenRequest } from "../programs/model-server.ts";

export interface ModelServer extends AsyncDisposable {
  /** Base URL for an OpenAI-compatible provider. */
  readonly url: string;
  /** What was asked so far, oldest first. */
  requests(): Promise<SeenRequest[]>;
}

/** A model server on 127.0.0.1; `test/programs/model-behaviour.ts` says which keyword makes it do what. */
export async function startModelServer(): Promise<ModelServer> {
  const program = await startProgram("model-server");
  const origin = `http://127.0.0.1:${program.announced}`;
  return {
    url: `${origin}/v1`,
    requests: async () => (await (await fetch(`${origin}/__requests`)).json()) as SeenRequest[],
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
