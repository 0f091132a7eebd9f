/**
 * `make doctor`: looks at a platform from where the operator sits. Exit code 1: something is wrong.
 *
 * STACK: the stack, where it is not the chosen one. OPENCODE_ROUTER_TOKEN[_FILE]: a personal access token with the scopes read and
 * sessions, for what only somebody who is signed in sees. DOCTOR_URL: the main page of a platform that somebody else has deployed,
 * with DOCTOR_CALLBACK_URL, DOCTOR_SESSION_DOMAIN, DOCTOR_ROUTE_SUFFIX, DOCTOR_ATTACH_PREFIX, DOCTOR_CONTEXT and DOCTOR_NAME where
 * they differ from the defaults. DOCTOR_ADDRESS: `host[:port]` to connect to instead of what the names lead to. DOCTOR_SILENCE_SECONDS:
 * how long a WebSocket is silent; default 110.
 */
import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { pulumiProgram } from "../stack/pulumi.ts";
import { StackConfig } from "../stack/stack-config.ts";
import { examine, reasonOf, type State } from "./check.ts";
import { kubectlProgram } from "./kubectl.ts";
import { foreignPlatform, platformOfStack, type Platform } from "./platform.ts";
import { stages } from "./stages.ts";
import { TIMING, type Timing } from "./timing.ts";
import type { Address } from "./web.ts";

type Env = NodeJS.ProcessEnv;

const MARKS: Readonly<Record<State, string>> = {
  ok: "ok     ",
  warning: "WARNING",
  failed: "FAILED ",
  skipped: "skipped",
};

async function main(env: Env): Promise<void> {
  const platform = await findPlatform(env);
  const counts: Record<State, number> = { ok: 0, warning: 0, failed: 0, skipped: 0 };
  let [stage, reason] = ["", ""];
  const stop = new AbortController();
  // The first Ctrl-C lets the doctor remove what it has made; the second one does not wait for it.
  process.once("SIGINT", () => stop.abort());
  const all = stages({
    signal: stop.signal,
    platform,
    kubectl: kubectlProgram(platform.cluster ?? { kubeconfig: undefined, context: undefined }),
    resolve: env["DOCTOR_ADDRESS"] ? undefined : addressesOf,
    address: addressOf(env["DOCTOR_ADDRESS"], platform),
    token: await readToken(env),
    timing: timingOf(env["DOCTOR_SILENCE_SECONDS"]),
  });
  for await (const finding of examine(all, stop.signal)) {
    if (finding.stage !== stage) process.stdout.write(`\n${finding.stage}\n`);
    const isSame = finding.stage === stage && finding.state === "skipped" && finding.sentence === reason;
    [stage, reason] = [finding.stage, finding.sentence];
    counts[finding.state] += 1;
    process.stdout.write(`  ${MARKS[finding.state]}  ${finding.title}\n`);
    if (!isSame) process.stdout.write(`           ${finding.sentence}\n`);
  }
  const { failed, warning, skipped, ok } = counts;
  process.stdout.write(
    `\n${failed} failed, ${warning} with a warning, ${skipped} skipped, ${ok} ok: ${platform.url.href}\n`,
  );
  if (failed > 0 || stop.signal.aborted) process.exitCode = 1;
}

async function findPlatform(env: Env): Promise<Platform> {
  const { DOCTOR_URL, STACK } = env;
  if (DOCTOR_URL) return foreignPlatform({ ...env, DOCTOR_URL });
  const stack = STACK ? ["--stack", STACK] : [];
  const config = StackConfig.parse(await pulumiProgram.read(["config", "--json", ...stack]));
  return platformOfStack(config, JSON.parse(await pulumiProgram.read(["stack", "output", "--json", ...stack])));
}

const addressesOf = async (host: string): Promise<string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address);

async function readToken({
  OPENCODE_ROUTER_TOKEN,
  OPENCODE_ROUTER_TOKEN_FILE: file,
}: Env): Promise<string | undefined> {
  const text = OPENCODE_ROUTER_TOKEN || (file ? await readFile(file, "utf8") : "");
  return text.trim() || undefined;
}

/** Names below `localhost` are this machine's, also where no resolver knows them. */
function addressOf(text: string | undefined, { url }: Platform): Address | undefined {
  if (text) {
    const { hostname, port } = new URL(`tcp://${text}`);
    return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: port === "" ? undefined : Number(port) };
  }
  return url.hostname.endsWith(".localhost") ? { host: "localhost" } : undefined;
}

function timingOf(seconds: string | undefined): Timing {
  if (!seconds) return TIMING;
  if (!/^\d+$/.test(seconds)) throw new Error("DOCTOR_SILENCE_SECONDS: must be a whole number of seconds");
  return { ...TIMING, silenceMs: Number(seconds) * 1000 };
}

main(process.env).catch((cause: unknown) => {
  const isMissing = cause instanceof Error && "path" in cause && cause.path === "pulumi";
  process.stderr.write(
    isMissing
      ? "The command line of Pulumi is missing, which knows the stack. Install it, or name the platform: DOCTOR_URL=https://code.example.org make doctor\n"
      : `${reasonOf(cause)}\n`,
  );
  process.exitCode = 1;
});
