import type { SessionHash } from "../../contracts/session-hash.ts";
import type { Clock } from "../../lib/clock.ts";
import { SESSION_MARK } from "./session-env.ts";
import { type ProcessId, type ProcessStat, isAlive, listProcesses, readEnviron } from "./proc.ts";

export interface SessionMark {
  readonly hash: SessionHash;
  readonly home: string;
}

/** Both must fit: routers with different data folders may have sessions of the same hash. */
export const carriesMark = (environ: readonly string[], { hash, home }: SessionMark): boolean =>
  environ.includes(`${SESSION_MARK}=${hash}`) && environ.includes(`HOME=${home}`);

/** `roots`, the members of their process groups, and all descendants of both. Init and the caller itself are never among them. */
export function withRelatives(all: readonly ProcessStat[], roots: ReadonlySet<number>, self: number): ProcessStat[] {
  const found = new Set(roots);
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const { pid, parent, group } of all) if (found.has(parent) || found.has(group)) found.add(pid);
  }
  return all.filter(({ pid }) => found.has(pid) && pid > 1 && pid !== self);
}

/** Every live process of the session: marked ones, `known` ones that still live, and all that came from them. */
export async function findProcesses(mark: SessionMark, known: readonly ProcessId[] = []): Promise<ProcessStat[]> {
  const all = await listProcesses();
  const start = new Map(known.map(({ pid, startTime }) => [pid, startTime]));
  const belongs = await Promise.all(
    all.map(async ({ pid, startTime }) => start.get(pid) === startTime || carriesMark(await readEnviron(pid), mark)),
  );
  return withRelatives(all, new Set(all.filter((_, index) => belongs[index]).map(({ pid }) => pid)), process.pid);
}

const POLL_MS = 20;

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
  let known: readonly ProcessId[] = await findProcesses(mark, leader ? [leader] : []);
  if (leader !== undefined && (await isAlive(leader))) {
    signal(leader.pid, "SIGTERM");
    const deadline = clock.now() + graceMs;
    while ((await isAlive(leader)) && clock.now() < deadline) await clock.sleep(POLL_MS);
  }
  for (let round = 0; round < 250; round += 1) {
    const left = await findProcesses(mark, known);
    if (left.length === 0) return;
    for (const { pid } of left) signal(pid, "SIGKILL");
    known = [...known, ...left];
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
