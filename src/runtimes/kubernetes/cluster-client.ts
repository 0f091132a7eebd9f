import { systemClock, type Clock } from "../../lib/clock.ts";
import { silentLog, type Log } from "../../lib/log.ts";
import { ApiError, errorOfConnection, isApiError, type StatusBody } from "./api-error.ts";
import { ClusterConnection, type Call } from "./cluster-connection.ts";
import type { ClusterSource } from "./cluster-source.ts";
import { readJsonLines } from "./json-lines.ts";
import { GROUP } from "../../contracts/cluster-names.ts";

export type { KubeObject } from "./object-cache.ts";

/** A kind of object, as its path names it. The core group has no name. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const core = (plural: string) => ({ group: "", version: "v1", plural, namespaced: true }) as const;

export const KINDS = {
  sessions: { group: GROUP, version: "v1alpha1", plural: "sessions", namespaced: true },
  pods: core("pods"),
  secrets: core("secrets"),
  persistentvolumeclaims: core("persistentvolumeclaims"),
  configmaps: core("configmaps"),
  events: core("events"),
} as const satisfies Record<string, Kind>;

/** As RBAC names them. */
export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";

/** Hears of each request. */
export type CallListener = (verb: Verb, resource: string, subresource?: string) => void;

export interface ListOptions {
  readonly labelSelector?: string | undefined;
  /** Objects a page; all at once when absent. */
  readonly limit?: number | undefined;
  /** What the page before gave. */
  readonly continue?: string | undefined;
  /** "0": whatever the server has at hand. Absent: the newest state. */
  readonly resourceVersion?: string | undefined;
}

export interface ListPage<T> {
  readonly items: T[];
  readonly resourceVersion: string;
  /** Absent on the last page. */
  readonly continue?: string;
}

export interface Patch {
  readonly body: object;
  readonly subresource?: "status";
}

export interface DeleteOptions {
  /** Only this object, not one that took its name. Else: ApiError "conflict". */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: "Foreground" | "Background" | "Orphan";
  readonly graceSeconds?: number;
}

export interface WatchOptions {
  /** Changes after this version are told. */
  readonly resourceVersion: string;
  readonly labelSelector?: string | undefined;
  /** Ends the watch: it returns. */
  readonly signal: AbortSignal;
  /** The server ends the watch by itself after this time. */
  readonly timeoutSeconds: number;
  /** The server has agreed, though there may be nothing to tell yet. */
  readonly onOpen?: () => void;
}

export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  /** Everything up to this version has been told. */
  | { readonly type: "BOOKMARK"; readonly object: { readonly metadata: { readonly resourceVersion: string } } }
  | { readonly type: "ERROR"; readonly object: StatusBody };

export interface ClusterClientOptions {
  readonly source: ClusterSource;
  /** Of everything that is namespaced. */
  readonly namespace: string;
  readonly log?: Log;
  readonly clock?: Clock;
  readonly onCall?: CallListener;
  /** For an answer, and for the head of a watch. */
  readonly timeoutMs?: number;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Target {
  readonly kind: Kind;
  readonly name?: string;
  readonly subresource?: string | undefined;
  readonly query?: Query;
}

const METHODS = {
  get: "GET",
  list: "GET",
  watch: "GET",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
} as const;

const TIMEOUT_MS = 30_000;

/** The part of the Kubernetes API that the router uses. Everything that it throws is an ApiError. */
export class ClusterClient {
  readonly #connection: ClusterConnection;
  readonly #namespace: string;
  readonly #onCall: CallListener | undefined;

  constructor({ source, namespace, onCall, ...options }: ClusterClientOptions) {
    const { log = silentLog, clock = systemClock, timeoutMs = TIMEOUT_MS } = options;
    this.#connection = new ClusterConnection({ source, log, clock, timeoutMs });
    this.#namespace = namespace;
    this.#onCall = onCall;
  }

  async get<T>(kind: Kind, name: string): Promise<T | undefined> {
    try {
      return (await this.#connection.exchange(this.#call("get", { kind, name }))) as T;
    } catch (error) {
      if (isApiError(error, "notFound")) return undefined;
      throw error;
    }
  }

  async list<T>(kind: Kind, options: ListOptions = {}): Promise<ListPage<T>> {
    const answer = await this.#connection.exchange(this.#call("list", { kind, query: { ...options } }));
    const { items, metadata } = answer as {
      items: T[] | null;
      metadata: { resourceVersion: string; continue?: string };
    };
    return {
      items: items ?? [],
      resourceVersion: metadata.resourceVersion,
      ...(metadata.continue ? { continue: metadata.continue } : {}),
    };
  }

  /** @throws ApiError "alreadyExists" when the name is taken */
  async create<T>(kind: Kind, body: T): Promise<T> {
    return (await this.#connection.exchange(this.#call("create", { kind }, { body }))) as T;
  }

  /** @throws ApiError "conflict" when the body's resourceVersion is not the newest */
  async replace<T>(kind: Kind, name: string, body: T): Promise<T> {
    return (await this.#connection.exchange(this.#call("update", { kind, name }, { body }))) as T;
  }

  /** Merge patch: null removes, a list replaces. A `metadata.resourceVersion` in it must be the newest (else "conflict"). */
  async patch<T>(kind: Kind, name: string, { body, subresource }: Patch): Promise<T> {
    const how = { body, contentType: "application/merge-patch+json" } as const;
    return (await this.#connection.exchange(this.#call("patch", { kind, name, subresource }, how))) as T;
  }

  /** "deleted": the server has begun. Finalizers and the grace period may hold the object for a while. */
  async delete(kind: Kind, name: string, options: DeleteOptions = {}): Promise<"deleted" | "absent"> {
    const { uid, resourceVersion, propagation, graceSeconds } = options;
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      preconditions: { uid, resourceVersion },
      propagationPolicy: propagation,
      gracePeriodSeconds: graceSeconds,
    };
    try {
      await this.#connection.exchange(this.#call("delete", { kind, name }, { body }));
      return "deleted";
    } catch (error) {
      if (isApiError(error, "notFound")) return "absent";
      throw error;
    }
  }

  /** Ends when the server ends it, or with the signal. @throws ApiError when it is refused or cut */
  async *watch<T>(kind: Kind, options: WatchOptions): AsyncGenerator<WatchEvent<T>, void, void> {
    const { signal, onOpen, ...query } = options;
    const call = this.#call("watch", { kind, query: { ...query, watch: true, allowWatchBookmarks: true } });
    try {
      const body = await this.#connection.open(call, signal);
      onOpen?.();
      for await (const event of readJsonLines(body)) yield event as WatchEvent<T>;
    } catch (cause) {
      if (signal.aborted) return;
      throw cause instanceof ApiError ? cause : errorOfConnection(call.title, cause);
    }
  }

  /** Calls that are under way fail, and watches. May be called twice. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  #call(verb: Verb, target: Target, content: Pick<Call, "body" | "contentType"> = {}): Call {
    const { kind, name, subresource } = target;
    const group = kind.group ? `/apis/${kind.group}` : "/api";
    const namespace = kind.namespaced ? `/namespaces/${segment(this.#namespace)}` : "";
    const object = name === undefined ? "" : `/${segment(name)}${subresource ? `/${subresource}` : ""}`;
    const path = `${group}/${kind.version}${namespace}/${kind.plural}${object}`;
    this.#onCall?.(verb, kind.plural, subresource);
    return {
      title: `${verb} ${kind.plural}${object}`,
      method: METHODS[verb],
      path: path + queryOf(target.query ?? {}),
      ...content,
    };
  }
}

/** A name that is empty or dots would lead to another resource: to all of a kind, at worst. */
function segment(name: string): string {
  if (/^\.{0,2}$/.test(name)) throw new TypeError(`"${name}" is no name of an object`);
  return encodeURIComponent(name);
}

function queryOf(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return given.length > 0
    ? `?${new URLSearchParams(Object.fromEntries(given.map(([key, value]) => [key, String(value)])))}`
    : "";
}
