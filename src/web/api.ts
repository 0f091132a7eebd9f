import { z } from "zod";
import { AuditEntry } from "../contracts/audit.ts";
import { Problem } from "../contracts/problem.ts";
import type { ProblemCode } from "../contracts/problem.ts";
import { Session } from "../contracts/session.ts";
import type { CreateSession } from "../contracts/session.ts";
import { SHARE_LEVELS } from "../contracts/share.ts";
import type { SharePort } from "../contracts/share.ts";
import { NewToken, Token } from "../contracts/token.ts";
import type { CreateToken } from "../contracts/token.ts";
import { SecretEntry } from "../contracts/user-secret.ts";
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
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
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
const SharedPort = z.object({
  port: z.number(),
  url: z.string(),
  level: z.enum(SHARE_LEVELS),
  people: z.array(z.string()),
  expiresAt: z.iso.datetime().nullable(),
});
export type SharedPort = z.infer<typeof SharedPort>;
/** What listens is in the session itself, and comes live with it. */
const PortList = z.object({ shares: z.array(SharedPort) });
const SecretList = z.object({ secrets: z.array(SecretEntry) }).transform(({ secrets }) => secrets);
const TokenList = z.object({ tokens: z.array(Token) }).transform(({ tokens }) => tokens);
const AllSessions = z.object({ sessions: z.array(Session) });
const AuditPage = z.object({ entries: z.array(AuditEntry), next: z.string().nullable() });

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

export const getPorts = (hash: string, signal: AbortSignal) => call(path(hash, "/ports"), PortList, { signal });
export const sharePort = (hash: string, port: number, body: SharePort) =>
  call(path(hash, `/ports/${port}`), SharedPort, { method: "PUT", body });

const secretPath = (name: string): string => `/api/user/secrets/${encodeURIComponent(name)}`;
export const getSecrets = () => call("/api/user/secrets", SecretList);
export const putSecret = (name: string, value: string) =>
  call(secretPath(name), SecretEntry.optional(), { method: "PUT", body: { value } });
export const removeSecret = (name: string) => call(secretPath(name), z.undefined(), { method: "DELETE" });

export const getTokens = () => call("/api/user/tokens", TokenList);
export const createToken = (body: CreateToken) => call("/api/user/tokens", NewToken, { method: "POST", body });
export const revokeToken = (id: string) =>
  call(`/api/user/tokens/${encodeURIComponent(id)}`, z.undefined(), { method: "DELETE" });

export const getAllSessions = (signal: AbortSignal) => call("/api/admin/sessions", AllSessions, { signal });
export const getAudit = (before: string | null) =>
  call(`/api/admin/audit?${new URLSearchParams({ limit: "50", ...(before === null ? {} : { before }) })}`, AuditPage);
