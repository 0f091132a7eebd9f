import type { ListOptions, ListPage, WatchEvent, WatchOptions } from "../../src/runtimes/kubernetes/cluster-client.ts";
import type { KubeObject } from "../../src/runtimes/kubernetes/object-cache.ts";
import { settled } from "./fake-clock.ts";

/** One watch, as the test leads it. */
class Watch {
  readonly options: WatchOptions;
  readonly #queue: (WatchEvent<KubeObject> | Error | "end")[] = [];
  #wake: () => void = () => {};

  constructor(options: WatchOptions) {
    this.options = options;
    options.signal.addEventListener("abort", () => this.#wake());
  }

  say(...what: (WatchEvent<KubeObject> | Error | "end")[]): Promise<void> {
    this.#queue.push(...what);
    this.#wake();
    return settled();
  }

  async *events(): AsyncGenerator<WatchEvent<KubeObject>, void, void> {
    while (!this.options.signal.aborted) {
      const next = this.#queue.shift();
      if (next === "end") return;
      if (next instanceof Error) throw next;
      if (next) yield next;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

/** A cluster that answers lists and watches as told; without being told: with what it has, and with an open watch. */
export class ScriptedCluster {
  page: ListPage<KubeObject> = { items: [], resourceVersion: "1" };
  readonly pages = new Map<string, ListPage<KubeObject>>();
  /** Answers the next calls, first come first. */
  readonly listFailures: Error[] = [];
  readonly watchFailures: Error[] = [];
  readonly lists: ListOptions[] = [];
  readonly watches: Watch[] = [];

  list<T>(_kind: unknown, options: ListOptions = {}): Promise<ListPage<T>> {
    this.lists.push(options);
    const failure = this.listFailures.shift();
    if (failure) return Promise.reject(failure);
    const page = options.continue === undefined ? this.page : this.pages.get(options.continue);
    return Promise.resolve(page as ListPage<T>);
  }

  async *watch<T>(_kind: unknown, options: WatchOptions): AsyncGenerator<WatchEvent<T>, void, void> {
    const watch = new Watch(options);
    this.watches.push(watch);
    const failure = this.watchFailures.shift();
    if (failure) throw failure;
    options.onOpen?.();
    yield* watch.events() as AsyncGenerator<WatchEvent<T>, void, void>;
  }

  /** The watch that is open now. */
  get current(): Watch {
    const last = this.watches.at(-1);
    if (!last) throw new Error("nobody watches");
    return last;
  }
}
