import type { Port } from "../../contracts/session.ts";
import type { ShareLevel } from "../../contracts/share.ts";
import type { SharedPort } from "../api.ts";

/** A port that listens, or that is shared, or both. */
export interface ShownPort {
  readonly port: number;
  readonly url: string;
  /** Undefined: nothing listens there now. */
  readonly process: string | undefined;
  readonly level: ShareLevel;
  readonly people: readonly string[];
  readonly expiresAt: string | null;
}

/** What listens as the session tells it, and what is shared beyond that, by number. A share that has ended is none. */
export function shownPorts(ports: readonly Port[], shares: readonly SharedPort[], now: number): ShownPort[] {
  const listening = new Set(ports.map(({ port }) => port));
  const silent = shares.filter(
    ({ port, level, expiresAt }) =>
      !listening.has(port) && level !== "owner" && (expiresAt === null || Date.parse(expiresAt) > now),
  );
  return [
    ...ports.map(({ port, url, process, level, people = [], expiresAt = null }) => ({
      port,
      url,
      process,
      level,
      people,
      expiresAt,
    })),
    ...silent.map((share) => ({ ...share, process: undefined })),
  ].toSorted((a, b) => a.port - b.port);
}
