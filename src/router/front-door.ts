import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { problem } from "../contracts/problem.ts";
import { STAGE_MESSAGES } from "../contracts/stream.ts";
import type { KnownSessions } from "../sessions/known.ts";
import { startStream } from "../sessions/streams.ts";
import type { Api, ApiEnv } from "./api/context.ts";
import type { TokenCheck } from "./auth/token-check.ts";
import type { Asked, AskedOfSession, Route } from "./dispatch.ts";
import { destroyOnEarlyEnd } from "./early-end.ts";
import { eventAnswer } from "./event-answer.ts";
import type { Handler } from "./listeners.ts";
import type { OpenStreams, StreamOf } from "./open-streams.ts";
import { forward } from "./proxy/forward.ts";
import type { Proxy } from "./proxy/proxy.ts";
import { upgrade } from "./proxy/upgrade.ts";
import { rawProblem, sendProblem } from "./send-problem.ts";
import type { Ui } from "./ui.ts";
import { forVisitor } from "./visitor-events.ts";
import { sendWaitingPage } from "./waiting-page.ts";
import type { Waker } from "./waker.ts";

export interface FrontDoorParts {
  readonly dispatch: (asked: Asked) => Route;
  /** Whether the last entry of `X-Forwarded-For` is the edge's own. */
  readonly behindEdge: boolean;
  /** Header of the edge with the client's address, if it tells it so. */
  readonly clientAddressHeader: string | undefined;
  readonly proxy: Proxy;
  readonly waker: Waker;
  readonly known: KnownSessions;
  readonly streams: OpenStreams;
  /** Origin of the main host. */
  readonly mainUrl: string;
  readonly draining: AbortSignal;
  /** What the main host serves; nothing on the attach listener. */
  readonly main?: { readonly api: Api; readonly ui: Ui; readonly tokens: TokenCheck };
}

type RouteTo<T extends Route["to"]> = Extract<Route, { to: T }>;

/** A listener of people: requests and upgrades take the same decision, and only the last step differs. */
export class FrontDoor implements Handler {
  readonly #parts: FrontDoorParts;

  constructor(parts: FrontDoorParts) {
    this.#parts = parts;
  }

  async request(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let route = this.#dispatch(req, false);
    if (route.to === "check-token") route = await this.#withToken(route);
    // Whoever has left already closes nothing any more that is opened for them now.
    if (res.destroyed) return;
    const full = this.#count(route, res);
    if (full) return sendProblem(res, full, TRY_LATER);
    if (route.to === "wake") {
      if (route.ask === "navigation") return this.#waitingPage(route, res);
      const refusal = await this.#parts.waker.hold(route, this.#goneWith(res));
      if (res.destroyed) return;
      if (refusal) return sendProblem(res, refusal.problem, refusal.headers);
      // What was allowed before the wait may not be any more.
      route = this.#dispatch(req, false);
    }
    switch (route.to) {
      case "reject":
        return sendProblem(res, route.problem, route.headers);
      case "sign-in":
        return void res.writeHead(302, { location: route.location, "cache-control": "no-store" }).end();
      case "wake":
      case "check-token":
        return sendProblem(res, stoppedAgain);
      case "start-events":
        return this.#startEvents(route, req, res);
      case "ui":
        return this.#parts.main?.ui(req, res);
      case "api":
        return this.#api(route, req, res);
      case "session":
        if (route.ask !== "passive") this.#parts.proxy.touch(route.record.hash);
        return forward(this.#parts.proxy, route, { req, res });
    }
  }

  async upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    let route = this.#dispatch(req, true);
    if (route.to === "check-token") route = await this.#withToken(route);
    if (socket.destroyed) return;
    const full = this.#count(route, socket);
    if (full) return void socket.end(rawProblem(full, TRY_LATER));
    if (route.to === "wake") {
      const stopWatching = destroyOnEarlyEnd(socket);
      const refusal = await this.#parts.waker.hold(route, this.#goneWith(socket));
      stopWatching();
      if (socket.destroyed) return;
      if (refusal) return void socket.end(rawProblem(refusal.problem, refusal.headers));
      route = this.#dispatch(req, true);
    }
    switch (route.to) {
      case "reject":
        return void socket.end(rawProblem(route.problem, route.headers));
      case "wake":
      case "check-token":
        return void socket.end(rawProblem(stoppedAgain));
      case "start-events":
      case "sign-in":
      case "ui":
      case "api":
        return void socket.end(rawProblem(problem("not_found", "There is no WebSocket here.")));
      case "session":
        this.#parts.proxy.touch(route.record.hash);
        return upgrade(this.#parts.proxy, route, { req, socket, head });
    }
  }

  #dispatch(req: IncomingMessage, upgrade: boolean): Route {
    const { method = "GET", url = "/", headers } = req;
    return this.#parts.dispatch({ method, url, headers, upgrade, from: this.#clientAddress(req) });
  }

  /** The route of somebody who shows a personal access token: it is looked up in the database. */
  /** The route of somebody who shows a personal access token: the database knows what it is good for. */
  async #withToken({ token, asked }: RouteTo<"check-token">): Promise<Route> {
    const { dispatch, main } = this.#parts;
    return dispatch({ ...asked, token: await main?.tokens.check(token, asked.from) });
  }

  /** Counts what is let through, or waits for it, until it has ended. @returns why it is too much */
  #count(route: Route, stream: ServerResponse | Duplex) {
    const of = streamOf(route);
    const { streams } = this.#parts;
    const full = of && streams.refusal(of);
    if (of && !full) stream.once("close", streams.opened(of));
    return full;
  }

  #clientAddress(req: IncomingMessage): string {
    const told = this.#parts.clientAddressHeader;
    const address = told === undefined ? undefined : req.headers[told];
    if (typeof address === "string" && isIP(address) !== 0) return address;
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

  async #waitingPage({ record, role }: RouteTo<"wake">, res: ServerResponse): Promise<void> {
    const { waker, known, mainUrl } = this.#parts;
    // A failed session waits for somebody who has read why: the page tells it.
    const refusal = known.state(record) === "failed" ? undefined : await waker.wake(record.hash);
    if (refusal) return sendProblem(res, refusal.problem, refusal.headers);
    const sessionPage = role === "owner" ? `${mainUrl}/sessions/${record.hash}` : undefined;
    sendWaitingPage(res, { sentence: `${STAGE_MESSAGES.queued} …`, sessionPage });
  }

  #startEvents({ record, role }: RouteTo<"start-events">, req: IncomingMessage, res: ServerResponse): void {
    const { known, draining } = this.#parts;
    const lastEventId = req.headers["last-event-id"]?.toString();
    const start = (signal: AbortSignal) => startStream(known, { hash: record.hash, lastEventId, signal });
    const events = (ended: AbortSignal) => (role === "owner" ? start(ended) : forVisitor(start(ended), "/"));
    void getRequestListener(() => eventAnswer(events, { draining, res }))(req, res);
  }

  #api({ principal, entrance, record }: RouteTo<"api">, req: IncomingMessage, res: ServerResponse): void {
    const bindings = (env: object) => ({ ...env, principal, entrance, record }) as ApiEnv["Bindings"];
    void getRequestListener((request, env) => this.#parts.main?.api.fetch(request, bindings(env)))(req, res);
  }
}

const TRY_LATER = { "retry-after": "10" };
const stoppedAgain = problem("session_not_running", "The session was stopped again. Try again in a moment.");

/** The attach password stands for the owner; visitors of a public port are nobody's. */
const personOf = ({ entrance, record, principal }: AskedOfSession) =>
  entrance === "attach" ? record.owner : principal?.email;

function streamOf(route: Route): StreamOf | undefined {
  switch (route.to) {
    case "session":
    case "wake":
      return { session: route.record.hash, person: personOf(route) };
    case "start-events":
      return { session: route.record.hash };
    case "api":
      return { person: route.principal.email };
    default:
      return undefined;
  }
}
