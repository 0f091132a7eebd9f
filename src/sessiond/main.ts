import { once } from "node:events";
import { jsonLog } from "../lib/json-log.ts";
import { loadConfig } from "./config.ts";
import { Sessiond } from "./sessiond.ts";

const EXIT_CONFIG = 78;

async function main(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  const loaded = loadConfig(env);
  if (!loaded.ok) {
    process.stderr.write(`sessiond cannot start:\n${loaded.problems.map((problem) => `  ${problem}\n`).join("")}`);
    return EXIT_CONFIG;
  }
  const log = jsonLog((line) => process.stderr.write(line), { part: "sessiond", session: loaded.config.hash });
  const sessiond = new Sessiond(loaded.config, { log });
  try {
    await sessiond.start();
  } catch (error) {
    process.stderr.write(`sessiond cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  if (!signal.aborted) await once(signal, "abort");
  await sessiond.stop();
  return 0;
}

const signal = new AbortController();
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => signal.abort());
// The session goes on when its parent, and with it a terminal or the reader of stderr, is gone.
process.on("SIGHUP", () => {});
process.stderr.on("error", () => {});
process.exitCode = await main(process.env, signal.signal);
// Whatever is still open then is of no use any more.
process.exit();
