import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export interface FakeRecord {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly content: string;
  readonly comment?: string;
  readonly proxied?: boolean;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

export const ZONE = "0123456789abcdef0123456789abcdef";
export const CLOUDFLARE_TOKEN = "the-token-of-cloudflare";

const ok = (result: unknown): Reply => ({ status: 200, body: { success: true, errors: [], result } });
const refused = (status: number, code: number, message: string): Reply => ({
  status,
  body: { success: false, errors: [{ code, message }], result: null },
});

/** The part of Cloudflare's API that keeps DNS records, for one zone and one token. */
export class FakeCloudflare implements AsyncDisposable {
  records: FakeRecord[] = [];
  /** `<method> <path>` of every request. */
  readonly asked: string[] = [];
  /** By method, what its next requests are answered; "lost" does what is asked, and the answer does not come through. */
  readonly faults = new Map<string, (number | "lost")[]>();
  /** Called before a record is made: somebody else may be faster. */
  beforeCreate: () => void = () => {};
  readonly #server = createServer((req, res) => {
    void this.#answer(req).then(({ status, body }) =>
      res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
    );
  });
  #nextId = 1;

  async start(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  add(record: Omit<FakeRecord, "id">): string {
    const id = `record-${this.#nextId++}`;
    this.records.push({ id, ...record });
    return id;
  }

  async #answer(req: IncomingMessage): Promise<Reply> {
    this.asked.push(`${req.method} ${req.url}`);
    const body =
      req.method === "POST" || req.method === "PUT" ? ((await json(req)) as Omit<FakeRecord, "id">) : undefined;
    const fault = this.faults.get(req.method ?? "")?.shift();
    if (typeof fault === "number") return refused(fault, fault, "not now");
    const reply = this.#reply(req, body);
    return fault === "lost" ? refused(502, 502, "lost") : reply;
  }

  #reply({ method, url = "/", headers }: IncomingMessage, body: Omit<FakeRecord, "id"> | undefined): Reply {
    if (headers.authorization !== `Bearer ${CLOUDFLARE_TOKEN}`) return refused(403, 9109, "Unauthorized");
    const { pathname, searchParams } = new URL(url, "http://fake");
    const [, zones, zone, kind, id] = pathname.split("/");
    if (zones !== "zones" || zone !== ZONE || kind !== "dns_records") return refused(404, 7003, "no such route");
    if (id === undefined && method === "GET")
      return ok(this.records.filter(({ name }) => name === searchParams.get("name")));
    if (id === undefined && method === "POST" && body) return this.#create(body);
    const found = this.records.findIndex((record) => record.id === id);
    if (found < 0 || id === undefined) return refused(404, 81_044, "Record does not exist.");
    if (method === "DELETE") return ok(this.records.splice(found, 1)[0]);
    if (method === "PUT" && body) this.records[found] = { id, ...body };
    return ok(this.records[found]);
  }

  #create(body: Omit<FakeRecord, "id">): Reply {
    this.beforeCreate();
    if (this.records.some(({ name }) => name === body.name))
      return refused(400, 81_053, "An A, AAAA, or CNAME record with that host already exists.");
    const id = this.add(body);
    return ok(this.records.find((record) => record.id === id));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
