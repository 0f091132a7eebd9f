import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** Which process has which socket open, by the sockets' inodes. */
export function socketOwners(pids: Iterable<number>, inodes: ReadonlySet<number>): Map<number, number> {
  const owners = new Map<number, number>();
  for (const pid of pids) {
    for (const inode of openSockets(pid)) if (inodes.has(inode) && !owners.has(inode)) owners.set(inode, pid);
  }
  return owners;
}

function openSockets(pid: number): number[] {
  return attempt(() => readdirSync(`/proc/${pid}/fd`), []).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ""))?.[1];
    return inode === undefined ? [] : [Number(inode)];
  });
}

/** Threads of newer Nodes call themselves so; the program's file says more. */
const UNSPECIFIC = "MainThread";

export function programName(pid: number): string {
  const name = attempt(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim(), "");
  if (name !== "" && name !== UNSPECIFIC) return name;
  return basename(attempt(() => readlinkSync(`/proc/${pid}/exe`), "unknown"));
}

/** Processes end while one looks at them. */
function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
