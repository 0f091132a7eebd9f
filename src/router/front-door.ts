import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { problem } from "../contracts/problem.ts";
import { STAGE_MESSAGES } from "../contracts/stream.ts";
import { sseResponse } from "../lib/sse.ts";
import type { KnownSessions } from "../sessions/known.ts";
import type { SessionRecord } from "../sessions/store.ts";
import { startStream } from "../sessions/streams.ts";
import type { Api, ApiEnv } from "./api/context.ts";
import type { Principal } from "./auth/identify.ts";
import type { Asked, Route } from "./dispatch.ts";
import type { Handler } from "./listeners.ts";
import { forward } from "./proxy/forward.ts";
import type { Proxy } from "./proxy/proxy.ts";
import { upgrade } from "./proxy/upgrade.ts";
import { rawProblem, sendProblem } from "./send-problem.ts";
import type { Ui } from "./ui.ts";
import { sendWaitingPage } from "./waiting-page.ts";
import type { Waker } from "./waker.ts";

export interface FrontDoorParts {
  readonly dispatch: (asked: Asked) => Route;
  /** Whether the last entry of `X-Forwarded-For` is the edge's own. */
  readonly behindEdge: boolean;
  readonly proxy: Proxy;
  readonly waker: Waker;
  readonly known: KnownSessions;
  /** Origin of the main host. */
  readonly mainUrl: string;
  readonly draining: AbortSignal;
  /** What the main host serves; nothing on the attach listener. */
  readonly main?: { readonly api: Api; readonly ui: Ui };
}

/** A listener of people: requests and upgrades take the same decision, and only the last step differs. */
export class FrontDoor implements Handler {
  readonly #parts: FrontDoorParts;

  constructor(parts: FrontDoorParts) {
    this.#parts = parts;
  }

  async request(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let route = this.#dispatch(req, false);
    if (route.to === "wake") {
      if (route.ask === "navigation") return this.#waitingPage(route.record, res);
      const refusal = await this.#parts.waker.hold(route, this.#goneWith(res));
      if (res.destroyed) return;
      if (refusal) return sendProblem(res, refusal.problem, refusal.headers);
      // What was allowed before the wait may not be any more.
      route = this.#dispatch(req, false);
    }
    switch (route.to) {
      case "reject":
        return sendProblem(res, route.problem, route.headers);
      case "wake":
        return sendProblem(res, stoppedAgain);
      case "start-events":
        return this.#startEvents(route.record, req, res);
      case "main":
        return this.#mainHost(route.principal, req, res);
      case "session":
        if (route.ask !== "passive") this.#parts.proxy.touch(route.record.hash);
        return forward(this.#parts.proxy, route, { req, res });
    }
  }

  async upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    let route = this.#dispatch(req, true);
    if (route.to === "wake") {
      const refusal = await this.#parts.waker.hold(route, this.#goneWith(socket));
      if (socket.destroyed) return;
      if (refusal) return void socket.end(rawProblem(refusal.problem, refusal.headers));
      route = this.#dispatch(req, true);
    }
    switch (route.to) {
      case "reject":
        return void socket.end(rawProblem(route.problem, route.headers));
      case "wake":
        return void socket.end(rawProblem(stoppedAgain));
      case "start-events":
      case "main":
        return void socket.end(rawProblem(problem("not_found", "There is no WebSocket here.")));
      case "session":
        this.#parts.proxy.touch(route.record.hash);
        return upgrade(this.#parts.proxy, route, { req, socket, head });
    }
  }

  #dispatch(req: IncomingMessage, isUpgrade: boolean): Route {
    const { method = "GET", url = "/", headers } = req;
    return this.#parts.dispatch({ method, url, headers, upgrade: isUpgrade, from: this.#clientAddress(req) });
  }

  #clientAddress(req: IncomingMessage): string {
    const forwarded = req.headers["x-forwarded-for"];
    const fromEdge = this.#parts.behindEdge && typeof forwarded === "string";
    return (fromEdge ? forwarded.split(",").at(-1)?.trim() : undefined) ?? req.socket.remoteAddress ?? "";
  }

  /** Fires when the client has left, or the router goes down. */
  #goneWith(stream: ServerResponse | Duplex): AbortSignal {
    const gone = new AbortController();
    const end = () => gone.abort();
    this.#parts.draining.addEventListener("abort", end);
    stream.once("close", () => {
      this.#parts.draining.removeEventListener("abort", end);
      end();
    });
    return gone.signal;
  }

  async #waitingPage(record: SessionRecord, res: ServerResponse): Promise<void> {
    const { waker, known, mainUrl } = this.#parts;
    // A failed session waits for somebody who has read why: the page tells it.
    const refusal = known.state(record) === "failed" ? undefined : await waker.wake(record.hash);
    if (refusal) return sendProblem(res, refusal.problem, refusal.headers);
    const sessionPage = `${mainUrl}/sessions/${record.hash}`;
    sendWaitingPage(res, { sentence: `${STAGE_MESSAGES.queued} …`, sessionPage });
  }

  #startEvents({ hash }: SessionRecord, req: IncomingMessage, res: ServerResponse): void {
    const { known, draining } = this.#parts;
    const events = () => sseResponse((ended) => startStream(known, hash, ended), { signal: draining });
    void getRequestListener(events)(req, res);
  }

  #mainHost(principal: Principal, req: IncomingMessage, res: ServerResponse): void {
    const { main } = this.#parts;
    if (!main) return sendProblem(res, problem("not_found", "Nothing is served here."));
    if (!/^\/api(?:[/?]|$)/.test(req.url ?? "")) return main.ui(req, res);
    const bindings = (env: object) => ({ ...env, principal }) as ApiEnv["Bindings"];
    void getRequestListener((request, env) => main.api.fetch(request, bindings(env)))(req, res);
  }
}

const stoppedAgain = problem("session_not_running", "The session was stopped again. Try again in a moment.");
