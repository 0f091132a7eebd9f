import type { z } from "zod";
import { ProblemError } from "../contracts/problem.ts";
import type { Secret } from "../lib/secret.ts";
import { isOfApi, nextLink, type GitHubAddress } from "./github-address.ts";
import { githubProblem } from "./github-problem.ts";

export interface GitHubLimits {
  /** For one answer, and for all pages of one list. */
  readonly answerMs: number;
  readonly listMs: number;
  readonly pages: number;
  readonly answerBytes: number;
}

export const LIMITS: GitHubLimits = { answerMs: 10_000, listMs: 30_000, pages: 50, answerBytes: 8 * 1024 * 1024 };

const MAX_REDIRECTS = 3;

/** Asks GitHub's REST API with one person's token, which goes nowhere else: not along a link, and not along a redirect. */
export class GitHubClient {
  readonly #address: GitHubAddress;
  readonly #token: Secret;
  readonly #limits: GitHubLimits;
  readonly #endsAt: number;

  constructor(address: GitHubAddress, token: Secret, limits: GitHubLimits) {
    this.#address = address;
    this.#token = token;
    this.#limits = limits;
    this.#endsAt = Date.now() + limits.listMs;
  }

  /** @throws ProblemError */
  async one<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return parse(schema, (await this.#ask(`${this.#address.api}${path}`)).body);
  }

  /** The entries of all pages, at most as many pages as the limit says. @throws ProblemError */
  async all<T>(path: string, schema: z.ZodType<T[]>): Promise<T[]> {
    const entries: T[] = [];
    let url: string | undefined = `${this.#address.api}${path}`;
    for (let page = 0; url !== undefined && page < this.#limits.pages; page++) {
      const { body, next } = await this.#ask(url);
      entries.push(...parse(schema, body));
      url = next;
    }
    return entries;
  }

  async #ask(start: string): Promise<{ body: unknown; next: string | undefined }> {
    const signal = AbortSignal.timeout(Math.max(1, Math.min(this.#limits.answerMs, this.#endsAt - Date.now())));
    let url = start;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      if (!isOfApi(url, this.#address)) throw misled();
      const { answer, text } = await this.#fetch(url, signal);
      const location = answer.headers.get("location");
      if (answer.status === 200) return { body: parseJson(text), next: nextLink(answer.headers.get("link")) };
      // Where a repository has moved to.
      if (![301, 302, 307, 308].includes(answer.status) || location === null)
        throw githubProblem({ status: answer.status, headers: answer.headers, text, now: Date.now() });
      url = URL.canParse(location, url) ? new URL(location, url).href : "";
    }
    throw misled();
  }

  async #fetch(url: string, signal: AbortSignal): Promise<{ answer: Response; text: string }> {
    try {
      const headers = {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${this.#token.reveal()}`,
        "user-agent": "opencode-router",
        "x-github-api-version": "2022-11-28",
      };
      const answer = await fetch(url, { headers, signal, redirect: "manual" });
      return { answer, text: await limitedText(answer, this.#limits.answerBytes) };
    } catch (cause) {
      if (cause instanceof ProblemError) throw cause;
      // Without the cause: it may hold what was sent.
      throw signal.aborted ? tooSlow() : unreachable("GitHub cannot be reached. Try again later.");
    }
  }
}

async function limitedText({ body }: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > maxBytes) throw unreachable("GitHub's answer is too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed();
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw malformed();
  return parsed.data;
}

const unreachable = (detail: string): ProblemError => new ProblemError("remote_unreachable", detail);
const tooSlow = () => unreachable("GitHub took too long to answer. Try again later.");
const malformed = () => unreachable("GitHub gave an answer that is not understood. Try again later.");
const misled = () => unreachable("GitHub's answer leads to another place, which is not asked.");
