import { z } from "zod";
import { Problem } from "../contracts/problem.ts";
import type { ProblemCode } from "../contracts/problem.ts";
import { Session } from "../contracts/session.ts";
import type { CreateSession } from "../contracts/session.ts";
import { t } from "./text.ts";

/** Why a call gave nothing: the sentence to show, and what it means to the page. */
export interface ApiFailure {
  readonly kind: "problem" | "signed-out" | "missing" | "network" | "unexpected" | "aborted";
  readonly code?: ProblemCode;
  readonly detail: string;
}
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: ApiFailure };

export interface Call {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export const Me = z.object({
  email: z.string(),
  name: z.string().nullish(),
  admin: z.boolean(),
  defaultGitRepo: z.string().nullish(),
});
export type Me = z.infer<typeof Me>;
const BranchSuggestion = z.object({ branch: z.string() });
const Repository = z.object({
  fullName: z.string(),
  url: z.string(),
  private: z.boolean(),
  defaultBranch: z.string(),
});
export type Repository = z.infer<typeof Repository>;
const RepositoryList = z.object({ repos: z.array(Repository) });
const BranchList = z.object({ branches: z.array(z.string()) });
const AttachInfo = z.object({ command: z.string() });

const Detail = Problem.pick({ detail: true });

/** What an answer with an error status says; a code that this page does not know keeps its sentence. */
export function failureOf(status: number, body: unknown): ApiFailure {
  const code = Problem.shape.code.safeParse((body as { code?: unknown } | null)?.code);
  const detail = Detail.safeParse(body);
  const kind = status === 401 ? "signed-out" : status === 404 ? "missing" : detail.success ? "problem" : "unexpected";
  return {
    kind,
    ...(code.success ? { code: code.data } : {}),
    detail: detail.success && detail.data.detail !== "" ? detail.data.detail : t("problem.unexpected", { status }),
  };
}

const json = (response: Response): Promise<unknown> => response.json().catch(() => null);

async function call<T>(path: string, schema: z.ZodType<T>, options: Call = {}): Promise<Outcome<T>> {
  const { method = "GET", body, signal = null } = options;
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    answer = response.status === 204 ? undefined : await json(response);
  } catch {
    const kind = signal?.aborted ? "aborted" : "network";
    return { ok: false, failure: { kind, detail: t("problem.network") } };
  }
  if (!response.ok) return { ok: false, failure: failureOf(response.status, answer) };
  const value = schema.safeParse(answer);
  if (value.success) return { ok: true, value: value.data };
  return { ok: false, failure: { kind: "unexpected", detail: t("problem.unexpected", { status: response.status }) } };
}

const path = (hash: string, rest = ""): string => `/api/sessions/${encodeURIComponent(hash)}${rest}`;

export const getMe = () => call("/api/me", Me);
export const getSession = (hash: string, signal: AbortSignal) => call(path(hash), Session, { signal });
export const createSession = (body: CreateSession) => call("/api/sessions", Session, { method: "POST", body });
export const resumeSession = (hash: string) => call(path(hash, "/resume"), Session, { method: "POST", body: {} });
export const stopSession = (hash: string) => call(path(hash, "/stop"), Session, { method: "POST", body: {} });
export const deleteSession = (hash: string) => call(path(hash), z.undefined(), { method: "DELETE" });
export const getAttachInfo = (hash: string) => call(path(hash, "/attach-info"), AttachInfo);
export const suggestBranch = (repoUrl: string, signal: AbortSignal) =>
  call(`/api/sessions/suggest-branch?${new URLSearchParams({ repoUrl })}`, BranchSuggestion, { signal });
export const getRepositories = (signal: AbortSignal) => call("/api/user/repos", RepositoryList, { signal });
export const getBranches = (repo: string, signal: AbortSignal) =>
  call(`/api/user/repos/branches?${new URLSearchParams({ repo })}`, BranchList, { signal });
