import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { opencodeBinary } from "../test/harness/opencode-binary.ts";
import { freePorts, type TestRouter } from "../test/harness/router.ts";
import { processesOf, sessionHome, stop } from "./session.ts";

/** How a session's own opencode was started: bare opencode gets the same, so that only our part differs. */
export interface Example {
  /** A copy of the home of the session, which was stopped. */
  readonly home: string;
  /** Environment of the session's opencode. */
  readonly env: Readonly<Record<string, string>>;
}

const LIMIT_MS = 60_000;
const POLL_MS = 25;
const REQUEST_LIMIT_MS = 2_000;

/** The environment that a process was started with. */
async function environmentOf(pid: number): Promise<Record<string, string>> {
  const entries = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0").filter((entry) => entry.includes("="));
  return Object.fromEntries(
    entries.map((entry) => [entry.split("=", 1)[0] ?? "", entry.slice(entry.indexOf("=") + 1)]),
  );
}

/** Stops a running session and keeps in `copy` what bare opencode needs to start as the session's own did. */
export async function exampleOf(router: TestRouter, hash: string, copy: string): Promise<Example> {
  const { opencode } = await processesOf(router, hash);
  const env = await environmentOf(opencode);
  await stop(router, hash);
  const home = sessionHome(router, hash);
  await cp(home, copy, { recursive: true, verbatimSymlinks: true });
  return { home: copy, env: JSON.parse(JSON.stringify(env).replaceAll(home, copy)) as Record<string, string> };
}

/** From the start of `opencode serve` to its first healthy answer. */
export async function timeBare(example: Example): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), "bare-"));
  try {
    await cp(example.home, home, { recursive: true, verbatimSymlinks: true });
    const env = JSON.parse(JSON.stringify(example.env).replaceAll(example.home, home)) as Record<string, string>;
    const [port = 0] = await freePorts(1);
    const begin = performance.now();
    const child = spawn(opencodeBinary(), ["serve", "--hostname", "127.0.0.1", "--port", String(port)], {
      cwd: join(home, "workspace"),
      env,
      stdio: "ignore",
    });
    try {
      await untilHealthy(child, port, `opencode:${env.OPENCODE_SERVER_PASSWORD}`);
      return performance.now() - begin;
    } finally {
      await end(child);
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/**
 * Does not wait for one answer before the next question: a request in the instant of the start may never be answered, and
 * bare opencode shall not look slower than it is.
 */
async function untilHealthy(child: ChildProcess, port: number, credentials: string): Promise<void> {
  const healthy = new AbortController();
  const enough = AbortSignal.any([healthy.signal, AbortSignal.timeout(LIMIT_MS)]);
  while (!enough.aborted) {
    if (child.exitCode !== null) throw new Error(`bare opencode ended with ${child.exitCode}`);
    void isHealthy(port, credentials, enough).then((good) => good && healthy.abort());
    await delay(POLL_MS, undefined, { signal: enough }).catch(() => {
      // Enough: the loop sees it.
    });
  }
  if (!healthy.signal.aborted) throw new Error("bare opencode did not become healthy");
}

function isHealthy(port: number, credentials: string, enough: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([enough, AbortSignal.timeout(REQUEST_LIMIT_MS)]);
  return new Promise((resolve) => {
    const req = request({ host: "127.0.0.1", port, path: "/global/health", auth: credentials, agent: false, signal });
    req.on("error", () => resolve(false));
    req.on("response", (res) => {
      res.resume();
      resolve(res.statusCode === 200);
    });
    req.end();
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
