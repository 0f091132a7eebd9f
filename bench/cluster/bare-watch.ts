import { performance } from "node:perf_hooks";
import { FanOut } from "../../src/lib/fan-out.ts";
import type { TestApi } from "../../test/cluster/harness/test-api.ts";

export interface Change<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: T;
  /** Of `performance.now`. */
  readonly at: number;
}

/** A watch of the API server, with nothing in between: the soonest that anybody outside can know of a change. */
export class BareWatch<T> implements AsyncDisposable {
  readonly changes = new FanOut<Change<T>>();
  readonly #stop = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  /** Resolves when it is told what there is. */
  static async open<T>(api: TestApi, path: string): Promise<BareWatch<T>> {
    const watch = new BareWatch<T>();
    await new Promise<void>((resolve, reject) => {
      watch.#ended = watch.#follow(api, path, resolve).catch(reject);
    });
    return watch;
  }

  /** When the first change from now on came that is as asked for. */
  next(good: (change: Change<T>) => boolean): Promise<number> {
    return new Promise((resolve) => {
      const live = this.changes.subscribe((change) => {
        if (!good(change)) return;
        live[Symbol.dispose]();
        resolve(change.at);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #follow(api: TestApi, path: string, onOpen: () => void): Promise<void> {
    const { signal } = this.#stop;
    try {
      while (!signal.aborted)
        for await (const event of api.follow<T>(path, signal)) {
          if (event.type === "LIST") onOpen();
          else this.changes.publish({ type: event.type, object: event.object, at: performance.now() });
        }
    } catch (cause) {
      if (!signal.aborted) throw cause;
    }
  }
}
