import { call, type Answer, type Call } from "../../harness/http.ts";
import type { TestEdge } from "./edge.ts";

const PAGE = { accept: "text/html,application/xhtml+xml", "sec-fetch-mode": "navigate" };

/** How a request gets to where it is meant for. */
export type Send = (at: URL, options: Call) => Promise<Answer>;
const byPort: Send = (at, options) => call(Number(at.port), at.pathname + at.search, options);

/** A browser without its window: it keeps cookies, and goes where it is sent. */
export class Visitor {
  readonly #edge: Pick<TestEdge, "host">;
  readonly #send: Send;
  /** By site: the team's domain, and the provider's address. */
  readonly #cookies = new Map<string, Map<string, string>>();

  constructor(edge: Pick<TestEdge, "host">, send = byPort) {
    this.#edge = edge;
    this.#send = send;
  }

  /** What this one sends to any host of the domain. */
  get cookie(): string {
    return this.#cookieFor(this.#edge.host(""));
  }

  /** Opens a page, signs in under this name where it is asked to, and @returns where it has come to, and what stands there. */
  async open(url: string, name: string): Promise<{ readonly url: string; readonly answer: Answer }> {
    let at = new URL(url);
    let body: string | undefined;
    for (let hops = 0; hops < 15; hops += 1) {
      const answer = await this.ask(at, body);
      const { location } = answer.headers;
      body = undefined;
      if (location !== undefined && answer.status < 400) at = new URL(location, at);
      else if (at.pathname.startsWith("/sign-in/")) body = new URLSearchParams({ name }).toString();
      else return { url: at.href, answer };
    }
    throw new Error(`sent from one place to another without an end; last ${at.href}`);
  }

  /** Asks for one page, without going on to where it may lead. */
  async ask(at: URL, body?: string): Promise<Answer> {
    const form = body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
    const cookie = this.#cookieFor(at.host);
    const headers = { host: at.host, ...PAGE, ...form, ...(cookie === "" ? {} : { cookie }) };
    const options = { method: body === undefined ? "GET" : "POST", headers, ...(body === undefined ? {} : { body }) };
    const answer = await this.#send(at, options);
    for (const line of answer.headers["set-cookie"] ?? []) this.#keep(at.host, line);
    return answer;
  }

  #keep(host: string, line: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const jar = this.#jar(host);
    if (value === "" || /expires=Thu, 01 Jan 1970|max-age=0/i.test(line)) jar.delete(name);
    else jar.set(name, value);
  }

  #jar(host: string): Map<string, string> {
    const site = host.endsWith(this.#edge.host("")) ? this.#edge.host("") : host;
    const jar = this.#cookies.get(site) ?? new Map<string, string>();
    this.#cookies.set(site, jar);
    return jar;
  }

  #cookieFor(host: string): string {
    return [...this.#jar(host)].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}

/** The cookies of somebody who has signed in. */
export async function signedIn(edge: Pick<TestEdge, "host" | "url">, name: string, send = byPort): Promise<string> {
  const visitor = new Visitor(edge, send);
  const { answer, url } = await visitor.open(edge.url("", "/"), name);
  if (answer.status !== 200) throw new Error(`${name} could not sign in: ${answer.status} at ${url}: ${answer.text}`);
  return visitor.cookie;
}
