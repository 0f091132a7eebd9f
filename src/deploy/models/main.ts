/** `make models`: fetches OpenRouter's list and writes the committed snapshot. Exit code 1: nothing was written, and why. */
import { parseArgs } from "node:util";
import { z } from "zod";
import { ModelsFault } from "./fault.ts";
import { fetchModels, OPENROUTER_MODELS } from "./fetch.ts";
import { refreshSnapshot } from "./refresh.ts";
import { readSnapshot, SNAPSHOT_FILE } from "./snapshot.ts";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: OPENROUTER_MODELS },
      file: { type: "string", default: SNAPSHOT_FILE },
      "min-count": { type: "string", default: "10" },
    },
  });
  const { url, file } = values;
  const lines = await refreshSnapshot(
    { url, file, minCount: z.coerce.number().int().nonnegative().parse(values["min-count"]) },
    { fetch: fetchModels, readSnapshot: () => readSnapshot(file), now: Date.now },
  );
  process.stdout.write(`${lines.join("\n")}\n`);
}

main().catch((error: unknown) => {
  const text = error instanceof ModelsFault ? error.sentence : String(error);
  process.stderr.write(`${text}\nThe snapshot stays as it is.\n`);
  process.exitCode = 1;
});
