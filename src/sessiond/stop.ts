import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { listProcesses } from "../lib/processes.ts";
import { killGroup } from "../lib/spawn.ts";
import type { OpencodeClient } from "./opencode/client.ts";
import type { SessionProcesses } from "./session-processes.ts";

interface Ports {
  readonly clock: Clock;
  readonly log: Log;
  readonly processes: SessionProcesses;
}

interface Running {
  readonly pid: number;
  /** Undefined while it does not answer. */
  readonly client: OpencodeClient | undefined;
}

const DISPOSE_LIMIT_MS = 3_000;
/** opencode swallows a SIGTERM while it installs plugins: a second one follows. */
const SECOND_TERM_MS = 1_000;
const KILL_MS = 5_000;
const LOOK_EVERY_MS = 20;
const REST_TERM_MS = 1_000;

/** Lets opencode store its turns and close its database, then ends everything that belongs to the session. */
export async function endSession(opencode: Running | undefined, ports: Ports): Promise<void> {
  if (opencode !== undefined) await endOpencode(opencode, ports);
  await endRest(ports);
}

async function endOpencode({ pid, client }: Running, { clock, log }: Ports): Promise<void> {
  await client?.dispose(DISPOSE_LIMIT_MS).catch((cause: unknown) => log.warn({ cause }, "opencode was not disposed"));
  const gone = (ms: number): Promise<boolean> => within(() => isGroupGone(pid), { ms, clock });
  killGroup(pid, "SIGTERM");
  if (await gone(SECOND_TERM_MS)) return;
  killGroup(pid, "SIGTERM");
  if (await gone(KILL_MS)) return;
  log.warn({ pid }, "opencode did not end by itself");
  killGroup(pid, "SIGKILL");
  await gone(KILL_MS);
}

/** Dev servers, and children of tools that left their group. */
async function endRest({ clock, log, processes }: Ports): Promise<void> {
  const none = (): boolean => processes.list().length === 0;
  if (none()) return;
  for (const { pid } of processes.list()) signalOne(pid, "SIGTERM");
  if (await within(none, { ms: REST_TERM_MS, clock })) return;
  const kill = (): boolean => {
    for (const { pid } of processes.list()) signalOne(pid, "SIGKILL");
    return none();
  };
  if (!(await within(kill, { ms: KILL_MS, clock }))) log.error({}, "processes of the session are left");
}

/** Zombies count as members for the kernel until somebody reaps them; they hold nothing any more. */
const isGroupGone = (group: number): boolean =>
  !killGroup(group, 0) || !listProcesses().some((info) => info.group === group && !info.zombie);

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}

async function within(condition: () => boolean, { ms, clock }: { ms: number; clock: Clock }): Promise<boolean> {
  const until = clock.now() + ms;
  while (!condition()) {
    if (clock.now() >= until) return false;
    await clock.sleep(LOOK_EVERY_MS);
  }
  return true;
}
