import type { Port, Session } from "../contracts/session.ts";
import { isDevPort } from "../contracts/dev-ports.ts";
import { shownState } from "./decide.ts";
import { stopping, type Use } from "./idle.ts";
import type { Share } from "./shares.ts";
import type { SessionRecord, Sighting } from "./store.ts";
import type { SessionUrls } from "./urls.ts";

export interface Seen extends Sighting {
  readonly shareOf: (port: number) => Share;
  readonly use: Use;
  readonly now: number;
  readonly idleTimeoutMs: number;
}

/** A session as the API tells it. */
export function viewSession(record: SessionRecord, seen: Seen, urls: SessionUrls): Session {
  const shown = shownState(record, seen.observed);
  const { hash } = record;
  const running = shown.state === "running" && seen.report?.status.readyAt != null ? seen.report : undefined;
  return {
    hash,
    owner: record.owner,
    repoUrl: record.repoUrl,
    branch: record.branch,
    sourceBranch: record.sourceBranch,
    state: shown.state,
    ...(shown.state === "failed" ? { reason: shown.failure.reason, message: shown.failure.message } : {}),
    ...(shown.state === "starting" ? { progress: shown.stage } : {}),
    url: running?.conversation ? urls.conversation(hash, running.conversation) : null,
    attachUrl: urls.attach(hash),
    ideUrl: urls.ide(hash),
    ...(record.title === null ? {} : { title: record.title }),
    ...(record.description === null ? {} : { description: record.description }),
    createdAt: new Date(record.createdAt).toISOString(),
    lastActivity: new Date(seen.use.lastActivity).toISOString(),
    ...(shown.state === "running" ? stoppingFields(seen) : {}),
    busy: running?.status.busy ?? false,
    ports: (running?.status.ports ?? [])
      .filter(({ port }) => isDevPort(port))
      .map(({ port, process }) => viewPort({ port, process, url: urls.port(hash, port) }, seen.shareOf(port))),
    usage: { inputTokens: 0, outputTokens: 0, costUsd: 0 },
  };
}

function viewPort(port: Omit<Port, "level">, { level, people, expiresAt }: Share): Port {
  return {
    ...port,
    level,
    ...(people.length > 0 ? { people: [...people] } : {}),
    ...(expiresAt === null ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
  };
}

function stoppingFields({ use, now, idleTimeoutMs }: Seen): Pick<Session, "stopsAt" | "keptBy"> {
  const { stopsAt, keptBy } = stopping(use, now, idleTimeoutMs);
  return { stopsAt: new Date(stopsAt).toISOString(), keptBy };
}
