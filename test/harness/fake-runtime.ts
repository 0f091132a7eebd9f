import type { Socket } from "node:net";
import type { FailureReason } from "../../src/contracts/session.ts";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import { FanOut } from "../../src/lib/fan-out.ts";
import type { Observed, Runtime, SessionSpec } from "../../src/runtimes/runtime.ts";

/** A runtime in memory: a test says how far its sessions come, and looks at what was asked of it. */
export class FakeRuntime implements Runtime {
  /** `start 0123…`, `stop 0123…`, `remove 0123…`, in the order in which they were asked. */
  readonly asked: string[] = [];
  readonly adopted: SessionHash[] = [];
  /** How often somebody looked. */
  observations = 0;
  /** What `stop` and `remove` wait for; a rejection is an action that failed. */
  ending: () => Promise<void> = () => Promise.resolve();
  readonly #observed = new Map<SessionHash, Observed>();
  readonly #changes = new FanOut<SessionHash>();

  becomes(hash: SessionHash, observed: Observed): void {
    this.#observed.set(hash, observed);
    this.#changes.publish(hash);
  }

  fails(hash: SessionHash, reason: FailureReason): void {
    this.becomes(hash, { phase: "failed", failure: { reason, message: `It failed: ${reason}.` } });
  }

  times(action: "start" | "stop" | "remove", hash: SessionHash): number {
    return this.asked.filter((one) => one === `${action} ${hash}`).length;
  }

  adopt(specs: readonly SessionSpec[]): Promise<void> {
    this.adopted.push(...specs.map(({ hash }) => hash));
    return Promise.resolve();
  }

  observe(hash: SessionHash): Observed {
    this.observations += 1;
    return this.#observed.get(hash) ?? { phase: "absent" };
  }

  onChange(listener: (hash: SessionHash) => void): Disposable {
    return this.#changes.subscribe(listener);
  }

  start({ hash }: SessionSpec): void {
    this.asked.push(`start ${hash}`);
    this.becomes(hash, { phase: "starting", stage: "queued" });
  }

  stop(hash: SessionHash): Promise<void> {
    return this.#end(`stop ${hash}`, hash);
  }

  remove(hash: SessionHash): Promise<void> {
    return this.#end(`remove ${hash}`, hash);
  }

  connect(): Promise<Socket> {
    return Promise.reject(new Error("nothing listens in a fake"));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #end(action: string, hash: SessionHash): Promise<void> {
    this.asked.push(action);
    if (this.observe(hash).phase !== "absent") this.becomes(hash, { phase: "stopping" });
    await this.ending();
    this.becomes(hash, { phase: "absent" });
  }
}
