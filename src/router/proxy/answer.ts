import type { ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import { problem } from "../../contracts/problem.ts";
import type { ToSession } from "../dispatch.ts";
import { sendProblem } from "../send-problem.ts";
import type { PublicAddress } from "./dev-origin.ts";
import { answerHeaders } from "./headers.ts";
import { sendNothingListensPage } from "./nothing-listens-page.ts";
import { statusOf } from "./status.ts";
import { TunnelRefused } from "./tunnel.ts";

type Controller = Dispatcher.DispatchController;
type ResponseStart = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>;

/** Passes the answer of a session on to the client as it arrives, and no faster than the client takes it. */
export class Answer implements Dispatcher.DispatchHandler {
  readonly #route: ToSession;
  readonly #at: PublicAddress;
  readonly #res: ServerResponse;
  #upstream: Controller | undefined;
  #hasBegun = false;
  /** Whether it goes on until somebody ends it. */
  isEventStream = false;

  constructor(route: ToSession, at: PublicAddress, res: ServerResponse) {
    this.#route = route;
    this.#at = at;
    this.#res = res;
  }

  /** The client's side has closed: after a whole answer, or because nobody waits for it any more. */
  clientLeft(): void {
    if (!this.#res.writableFinished) this.#upstream?.abort(new Error("the client has left"));
  }

  onRequestStart(upstream: Controller): void {
    this.#upstream = upstream;
    if (this.#res.destroyed) this.clientLeft();
  }

  onResponseStart(...[upstream, statusCode, headers, statusMessage = ""]: ResponseStart): void {
    // Early hints and the like end here.
    if (statusCode >= 100 && statusCode < 200) return;
    const status = statusOf({ statusCode, statusMessage });
    if (!status) return upstream.abort(new Error("the session answers with an impossible status"));
    const res = this.#res;
    const rawHeaders = (upstream.rawHeaders as Buffer[]).map((text) => text.toString("latin1"));
    this.isEventStream = /^text\/event-stream\b/i.test(String(headers["content-type"]));
    res.sendDate = false;
    res.writeHead(status.code, status.reason, answerHeaders({ rawHeaders }, this.#route, this.#at));
    // Event streams must show their headers before their first event; what came together goes on together.
    process.nextTick(() => {
      if (!this.#hasBegun) res.flushHeaders();
    });
  }

  onResponseData(upstream: Controller, chunk: Buffer): void {
    this.#hasBegun = true;
    if (this.#res.write(chunk)) return;
    upstream.pause();
    this.#res.once("drain", () => upstream.resume());
  }

  onResponseEnd(): void {
    this.#hasBegun = true;
    this.#res.end();
  }

  onResponseError(_upstream: Controller, cause: Error): void {
    this.#hasBegun = true;
    const res = this.#res;
    const { target, ask } = this.#route;
    // A cut answer must look cut to the client, or it would take it for a whole one.
    if (res.headersSent || res.destroyed) return void res.destroy();
    if (ask === "navigation" && target.kind === "port" && nothingListens(cause))
      return sendNothingListensPage(res, target.port);
    sendProblem(res, problem("session_unreachable", unreachableSentence(cause)));
  }
}

/** A port that is not the session's to serve is told as one where nothing listens. */
const nothingListens = (cause: Error): boolean =>
  cause instanceof TunnelRefused && (cause.status === 502 || cause.status === 403);

export const unreachableSentence = (cause: Error): string =>
  nothingListens(cause)
    ? "Nothing listens on this port in the session. Start the server, then try again."
    : "The session does not answer. Try again in a moment.";
