import type { SessionHash } from "../../contracts/session-hash.ts";
import type { Clock } from "../../lib/clock.ts";
import { type ProcessInfo, hasEnvironment, listProcesses, processInfo } from "../../lib/processes.ts";
import { SESSION_MARK } from "../../contracts/names.ts";

/** A process that cannot be mistaken for a later one of the same number. */
export type ProcessId = Pick<ProcessInfo, "pid" | "startTicks">;

export interface SessionMark {
  readonly hash: SessionHash;
  readonly home: string;
}

export function isAlive({ pid, startTicks }: ProcessId): boolean {
  const info = processInfo(pid);
  return info !== undefined && !info.zombie && info.startTicks === startTicks;
}

/** Both must fit: routers with different data folders may have sessions of the same hash. */
const carriesMark = (pid: number, { hash, home }: SessionMark): boolean =>
  hasEnvironment(pid, `${SESSION_MARK}=${hash}`) && hasEnvironment(pid, `HOME=${home}`);

/** `roots`, the members of the process groups that they lead, and all that came from them; never init or `self`. */
export function withRelatives(all: readonly ProcessInfo[], roots: Iterable<number>, self: number): ProcessInfo[] {
  const found = new Set(roots);
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const { pid, parent, group } of all) if (found.has(parent) || found.has(group)) found.add(pid);
  }
  return all.filter(({ pid }) => found.has(pid) && pid > 1 && pid !== self);
}

/** Every live process of the session: marked ones, `known` ones that still live, and all that came from them. */
export function findProcesses(mark: SessionMark, known: readonly ProcessId[] = []): ProcessInfo[] {
  const all = listProcesses().filter(({ zombie }) => !zombie);
  const started = new Map(known.map(({ pid, startTicks }) => [pid, startTicks]));
  const roots = all.filter(({ pid, startTicks }) => started.get(pid) === startTicks || carriesMark(pid, mark));
  return withRelatives(
    all,
    roots.map(({ pid }) => pid),
    process.pid,
  );
}

const POLL_MS = 20;
const MAX_ROUNDS = 250;

export interface EndOptions {
  readonly mark: SessionMark;
  /** Gets SIGTERM and time to close everything itself. */
  readonly leader: ProcessId | undefined;
  readonly graceMs: number;
  readonly clock: Clock;
}

/** Ends all processes of a session. @throws when some cannot be ended. */
export async function endProcesses({ mark, leader, graceMs, clock }: EndOptions): Promise<void> {
  // Taken while the parents live: a descendant with an emptied environment could not be found later.
  let known: readonly ProcessId[] = findProcesses(mark, leader ? [leader] : []);
  if (leader !== undefined && isAlive(leader)) {
    signal(leader.pid, "SIGTERM");
    const deadline = clock.now() + graceMs;
    while (isAlive(leader) && clock.now() < deadline) await clock.sleep(POLL_MS);
  }
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const left = findProcesses(mark, known);
    if (left.length === 0) return;
    for (const { pid } of left) signal(pid, "SIGKILL");
    known = left;
    await clock.sleep(POLL_MS);
  }
  throw new Error(`processes of session ${mark.hash} do not end`);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (cause) {
    // ESRCH: it ended by itself in between. EPERM: it became another user; `endProcesses` reports what stays.
    if (!["ESRCH", "EPERM"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
  }
}
