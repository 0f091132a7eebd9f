import { once } from "node:events";
import { join } from "node:path";
import { createApp } from "./app.ts";
import { loadConfig } from "./config.ts";
import { limitHeapGrowth } from "./heap-growth.ts";
import { createLog } from "./log.ts";

/** sysexits.h: the configuration is wrong. */
const EX_CONFIG = 78;

async function main(): Promise<number> {
  limitHeapGrowth();
  const result = loadConfig(process.env);
  if (!result.ok) {
    for (const problem of result.problems) process.stderr.write(`${problem}\n`);
    return EX_CONFIG;
  }
  if (process.argv.includes("--check-config")) {
    process.stdout.write("The configuration is good.\n");
    return 0;
  }
  const { config } = result;
  const log = createLog(config.logLevel);
  process.on("unhandledRejection", (cause) => log.error({ err: cause }, "unhandled"));
  const stop = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  // A second signal, as from an impatient Ctrl-C, must not end the router before its sessions.
  process.on("SIGTERM", () => {}).on("SIGINT", () => {});
  const root = join(import.meta.dirname, "../..");
  const app = await createApp({ config, root, env: process.env, log });
  log.info({ url: config.urls.main, dataDir: config.dataDir }, "router.ready");
  process.stdout.write(`\n  opencode-router is ready: ${config.urls.main}\n\n`);
  await stop;
  log.info({}, "router.stopping");
  await app.close();
  return 0;
}

main().then(
  (code) => process.exit(code),
  (cause: unknown) => {
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
    process.exit(1);
  },
);
