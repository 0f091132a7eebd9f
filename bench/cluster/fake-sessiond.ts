import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { SessionHash } from "../../src/contracts/session-hash.ts";
import type { SessionReport } from "../../src/contracts/status.ts";
import { Secret } from "../../src/lib/secret.ts";
import { SESSIOND_PORT } from "../../src/contracts/cluster-names.ts";
import { SessionKeys } from "../../src/sessions/session-keys.ts";
import { call } from "../../test/harness/http.ts";
import { sampleReport, sampleStatus } from "../../test/harness/sample-report.ts";
import { TOKEN_SECRET } from "../../test/load/push-report.ts";

const HEARTBEAT_MS = 15_000;
/** About as far apart as the steps of a real boot are at least: none of the reports is sent together with another. */
const STEP_MS = 300;
/** What every request to a session's opencode gets. */
export const AGENT_ANSWER = JSON.stringify({ id: "ses_fake", title: "Fake" });

interface Booted {
  report: SessionReport;
  readonly stop: AbortController;
}

/**
 * The sessionds of all fake pods, at one address: they report as real ones do, on each step of a boot and on a heartbeat,
 * and lead to an opencode that has one answer.
 */
export class FakeSessionds implements AsyncDisposable {
  /** Of every pod. */
  readonly address = `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
  readonly #internalPort: number;
  readonly #keys = new SessionKeys(new Secret(TOKEN_SECRET));
  readonly #booted = new Map<SessionHash, Booted>();
  readonly #byKey = new Map<string, SessionHash>();
  readonly #door: Server;
  readonly #agent: Server;

  private constructor(internalPort: number) {
    this.#internalPort = internalPort;
    this.#agent = createServer({ keepAliveTimeout: 0 }, (req, res) => {
      req.resume();
      res.writeHead(200, { "content-type": "application/json", "content-length": AGENT_ANSWER.length });
      res.end(AGENT_ANSWER);
    });
    this.#door = createServer((req, res) => this.#answer(req, res));
    this.#door.on("connect", (req: IncomingMessage, socket: Socket) => {
      socket.on("error", () => {});
      if (req.url !== "opencode" || !this.#caller(req)) return void socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      this.#agent.emit("connection", socket);
    });
  }

  static async start(internalPort: number): Promise<FakeSessionds> {
    const sessionds = new FakeSessionds(internalPort);
    sessionds.#door.listen({ host: sessionds.address, port: SESSIOND_PORT, backlog: 2_000 });
    await once(sessionds.#door, "listening");
    return sessionds;
  }

  /** A pod has come up. @param isNew whether its conversation begins only now */
  boot(hash: SessionHash, isNew: boolean): void {
    this.end(hash);
    const first = isNew ? STARTING : KNOWN(hash);
    const booted: Booted = { report: first, stop: new AbortController() };
    this.#booted.set(hash, booted);
    this.#byKey.set(this.#keys.sessionKey(hash).reveal(), hash);
    void this.#live(hash, booted, isNew ? [UNTITLED(hash), TOLD(hash), KNOWN(hash)] : []).catch(() => {});
  }

  /** Its pod is gone. */
  end(hash: SessionHash): void {
    this.#booted.get(hash)?.stop.abort();
    this.#booted.delete(hash);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const hash of [...this.#booted.keys()]) this.end(hash);
    this.#door.close();
    this.#door.closeAllConnections();
    this.#agent.closeAllConnections();
    await once(this.#door, "close");
  }

  /** Reports until the pod is gone. */
  async #live(hash: SessionHash, booted: Booted, steps: readonly SessionReport[]): Promise<void> {
    const { signal } = booted.stop;
    await this.#push(hash, booted.report);
    for (const step of steps) {
      await delay(STEP_MS, undefined, { signal });
      booted.report = step;
      await this.#push(hash, step);
    }
    while (!signal.aborted) {
      await delay(HEARTBEAT_MS * (0.9 + Math.random() / 5), undefined, { signal });
      await this.#push(hash, booted.report);
    }
  }

  async #push(hash: SessionHash, report: SessionReport): Promise<void> {
    const headers = {
      authorization: `Bearer ${this.#keys.sessionKey(hash).reveal()}`,
      "content-type": "application/json",
    };
    const body = JSON.stringify(report);
    // A router that is away gets the next one.
    await call(this.#internalPort, `/internal/sessions/${hash}/report`, { method: "POST", headers, body }).catch(
      () => {},
    );
  }

  #caller({ headers }: IncomingMessage): Booted | undefined {
    const hash = this.#byKey.get((headers.authorization ?? "").replace(/^Bearer /, ""));
    return hash && this.#booted.get(hash);
  }

  #answer(req: IncomingMessage, res: ServerResponse): void {
    const caller = this.#caller(req);
    const found = { "/status": caller?.report.status, "/report": caller?.report }[req.url ?? ""];
    res.writeHead(caller ? (found ? 200 : 404) : 401, { "content-type": "application/json" });
    res.end(found && JSON.stringify(found));
  }
}

const STARTING = sampleReport({
  status: sampleStatus({
    opencode: { state: "starting", pid: 7, startedAt: "2026-01-02T03:04:05.000Z", healthy: false },
    readyAt: null,
  }),
});

export const conversationOf = (hash: string) => ({ id: `ses_${hash}abcdefghijklmn`, directory: "/home/workspace" });
export const TITLE = "Make the tests of the payment service pass";

const reportOf = (hash: string, title: string, change: Partial<SessionReport> = {}): SessionReport =>
  sampleReport({ conversation: { ...conversationOf(hash), title }, ...change });

const UNTITLED = (hash: string) => reportOf(hash, "New session - 2026-01-02T03:04:05.000Z");
const MESSAGES: SessionReport["messages"] = [
  { id: "msg_1", role: "user", text: "Please have a look. ".repeat(20), at: "2026-01-02T03:04:05.000Z" },
];
const TOLD = (hash: string) =>
  reportOf(hash, "New session - 2026-01-02T03:04:05.000Z", { initialMessageDone: true, messages: MESSAGES });
const KNOWN = (hash: string) => reportOf(hash, TITLE, { initialMessageDone: true, messages: MESSAGES });
