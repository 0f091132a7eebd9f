import type { Session } from "../../contracts/session.ts";
import type { SessionHash } from "../../contracts/session-hash.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { Refresher } from "../../lib/refresher.ts";
import { isApiError } from "./api-error.ts";
import { KINDS, type ClusterClient } from "./cluster-client.ts";
import type { ObjectCache } from "./object-cache.ts";
import type { SessionCondition, SessionResource } from "./objects.ts";

/** What people see of a session, as far as its resource tells it. */
export type ShownState = Pick<Session, "state" | "reason" | "message">;

export interface StateWriterParts {
  readonly client: Pick<ClusterClient, "patch">;
  readonly sessions: ObjectCache<SessionResource>;
  /** The state that people see; undefined: there is no such session. */
  readonly shown: (hash: SessionHash) => ShownState | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** A start goes through its states within seconds: those in between need not all be written. */
const PAUSE_MS = 1_000;

/** Keeps `status.state` and the condition `Ready` of the resources true, for `kubectl` and whoever else watches them. */
export class StateWriter {
  readonly #parts: StateWriterParts;
  readonly #refresher: Refresher;
  readonly #closing = new AbortController();

  constructor(parts: StateWriterParts) {
    this.#parts = parts;
    this.#refresher = new Refresher({
      ...parts,
      job: (hash) => this.#write(hash as SessionHash),
      pauseMs: PAUSE_MS,
      signal: this.#closing.signal,
    });
  }

  /** A session may look different from before. */
  look(hash: SessionHash): void {
    if (this.#unwritten(hash)) this.#refresher.ask(hash);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#refresher.idle();
  }

  async #write(hash: SessionHash): Promise<void> {
    const { client, sessions } = this.#parts;
    const status = this.#unwritten(hash);
    const { resourceVersion } = sessions.get(hash)?.metadata ?? {};
    if (!status || resourceVersion === undefined) return;
    const body = { metadata: { resourceVersion }, status };
    try {
      sessions.put(await client.patch<SessionResource>(KINDS.sessions, hash, { body, subresource: "status" }));
    } catch (cause) {
      if (isApiError(cause, "notFound")) return;
      if (!isApiError(cause, "conflict")) throw cause;
      // Somebody has written something else meanwhile: the watch brings it, and the state may be untrue still.
      return this.#refresher.ask(hash);
    }
    // What became true while this was on its way was compared with what there was before.
    this.look(hash);
  }

  /** What the resource has to say of the session, or undefined when it says so already. */
  #unwritten(
    hash: SessionHash,
  ): Pick<Required<NonNullable<SessionResource["status"]>>, "state" | "conditions"> | undefined {
    const { sessions, shown, clock } = this.#parts;
    const resource = sessions.get(hash);
    const now = shown(hash);
    if (!resource || !now || resource.metadata.deletionTimestamp !== undefined) return undefined;
    const before = resource.status?.conditions?.find(({ type }) => type === "Ready");
    const ready = readyCondition(now, new Date(clock.now()).toISOString());
    const isSame =
      resource.status?.state === now.state && before?.reason === ready.reason && before.message === ready.message;
    if (isSame) return undefined;
    const lastTransitionTime = before?.status === ready.status ? before.lastTransitionTime : ready.lastTransitionTime;
    return { state: now.state, conditions: [{ ...ready, lastTransitionTime }] };
  }
}

const readyCondition = ({ state, reason, message = "" }: ShownState, lastTransitionTime: string): SessionCondition => ({
  type: "Ready",
  status: state === "running" ? "True" : "False",
  reason: camelCase(reason ?? state),
  message,
  lastTransitionTime,
});

/** `clone_failed` → `CloneFailed`: what conditions call a reason. */
const camelCase = (name: string): string =>
  name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
