import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** A request to the API server. */
export interface ApiCall {
  readonly verb: string;
  /** With the subresource: `sessions/status`. */
  readonly resource: string;
  /** Empty for a list or a watch. */
  readonly name: string;
  readonly status: number;
}

interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
}

/** What the API server is to note: every request of a service account. The router is the only one that has any. */
export const ROUTER_CALLS = [
  { level: "Metadata", userGroups: ["system:serviceaccounts"], omitStages: ["RequestReceived"] },
  { level: "None" },
];

/** So long without a call, and the router has nothing left to do. */
const REST_MS = 2_000;
const LOOK_MS = 100;

/** Every call of the router as the API server itself noted it: exact, and it costs the router nothing. */
export class ApiCalls {
  readonly #file: string;
  readonly #calls: ApiCall[] = [];
  #read = 0;
  #rest = "";

  constructor(auditLog: string) {
    this.#file = auditLog;
  }

  /** How many there were up to now. */
  async count(): Promise<number> {
    await this.#readOn();
    return this.#calls.length;
  }

  /** The calls after so many. */
  async after(count: number): Promise<ApiCall[]> {
    await this.#readOn();
    return this.#calls.slice(count);
  }

  /** Resolves when the router makes no calls. @returns how many there were */
  async atRest(): Promise<number> {
    let known = await this.count();
    for (let since = Date.now(); Date.now() - since < REST_MS; await delay(LOOK_MS)) {
      const now = await this.count();
      if (now !== known) since = Date.now();
      known = now;
    }
    return known;
  }

  async #readOn(): Promise<void> {
    await using file = await open(this.#file);
    const { size } = await file.stat();
    const bytes = Buffer.alloc(size - this.#read);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, this.#read);
    this.#read += bytesRead;
    const lines = (this.#rest + bytes.toString("utf8", 0, bytesRead)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#take(JSON.parse(line) as AuditEvent);
  }

  #take({ stage, verb, objectRef = {}, responseStatus }: AuditEvent): void {
    // A watch is noted when it begins, and once more when it ends.
    if (verb === "watch" && stage !== "ResponseStarted") return;
    const { resource = "", subresource, name = "" } = objectRef;
    const whole = subresource === undefined ? resource : `${resource}/${subresource}`;
    this.#calls.push({ verb, resource: whole, name, status: responseStatus?.code ?? 0 });
  }
}

/** `3 get secrets, 1 create pods`, the most frequent first. */
export function tellCalls(calls: readonly ApiCall[]): string {
  const counts = new Map<string, number>();
  for (const { verb, resource } of calls)
    counts.set(`${verb} ${resource}`, (counts.get(`${verb} ${resource}`) ?? 0) + 1);
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  return sorted.map(([what, count]) => `${count} ${what}`).join(", ") || "none";
}
