import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { firstPort, runInSession } from "../test/harness/in-session.ts";
import type { Session } from "../src/contracts/session.ts";
import { startRouter, type TestRouter } from "../test/harness/router.ts";
import { figureLine, isMissed } from "./figures.ts";
import { tellLoad } from "./load-average.ts";
import { startConfigurableProxy, startHttpProxy, startNginx, type Contestant } from "./proxy/contestants.ts";
import { LOADS } from "./proxy/load.ts";
import { measure } from "./proxy/measure.ts";
import { figuresOf, Results } from "./proxy/report.ts";

const TARGET = fileURLToPath(new URL("proxy/programs/target.ts", import.meta.url));

/** `proxy.ts [--rounds 5] [--seconds 3]` */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "3" } },
  });
  await using router = await startRouter({ auth: "proxy", env: { LOG_LEVEL: "info" } });
  const { hash, targetPort } = await startTarget(router);
  await using fresh = await startHttpProxy(targetPort, "fresh");
  await using kept = await startHttpProxy(targetPort, "keep-alive");
  await using configurable = await startConfigurableProxy(targetPort);
  await using nginx = await startNginx(targetPort);
  const headers = { host: router.portHost(hash, targetPort), ...router.identity("alice@example.org") };
  const ours = { port: router.ports.public, headers, pids: [router.pid] };
  const direct = { name: "direct", port: targetPort, headers: {}, pids: [] };
  const contestants: Contestant[] = [direct, { name: "router", ...ours }, fresh, kept, configurable, nginx];

  const course = { contestants, targetPort, rounds: Number(values.rounds), seconds: Number(values.seconds) };
  // Code that is not compiled yet, and connections that are not open yet, are not what is measured.
  await measure({ ...course, loads: LOADS, rounds: 1, seconds: 1 });
  tellLoad("before");
  const results = new Results(await measure({ ...course, loads: LOADS }));
  tellLoad("after");
  process.stdout.write(`${results.tables()}\n`);
  const figures = figuresOf(results);
  for (const figure of figures) process.stdout.write(`${figureLine(figure)}\n`);
  return figures.some(isMissed) ? 1 : 0;
}

/** The server of all the loads, inside a session, where the router reaches it through sessiond. */
async function startTarget(router: TestRouter): Promise<{ hash: string; targetPort: number }> {
  const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
  await router.waitFor(hash, "running");
  await runInSession(router, hash, [process.execPath, "--import", import.meta.resolve("tsx"), TARGET]);
  return { hash, targetPort: await firstPort(router, hash) };
}

process.exitCode = await main();
