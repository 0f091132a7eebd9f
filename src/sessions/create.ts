import { randomBytes } from "node:crypto";
import type { Email } from "../contracts/email.ts";
import { branchProblem, parseRepoUrl } from "../contracts/git-names.ts";
import { ProblemError } from "../contracts/problem.ts";
import type { CreateSession } from "../contracts/session.ts";
import type { Secret } from "../lib/secret.ts";
import { randomHash, sessionHash } from "./identity.ts";
import type { SessionRecord } from "./store.ts";

export interface RepositoryRules {
  readonly allowLocal: boolean;
  readonly allowedHosts: readonly string[];
}

export interface RepositoryChoice {
  readonly repoUrl: string;
  readonly branch: string;
  readonly sourceBranch: string;
}

/** What a request asks for: a repository with both branches, or undefined for a blank project. @throws ProblemError */
export function chooseRepository(body: CreateSession, rules: RepositoryRules): RepositoryChoice | undefined {
  const { repoUrl, branch, sourceBranch } = body;
  if (!repoUrl) {
    if (branch || sourceBranch)
      throw new ProblemError("invalid_request", "A branch needs a repository: give repoUrl too.");
    return undefined;
  }
  const url = checkedRepoUrl(repoUrl, rules);
  if (!branch || !sourceBranch)
    throw new ProblemError("invalid_request", "A repository needs both branches: give branch and sourceBranch.");
  for (const [field, name] of [
    ["branch", branch],
    ["sourceBranch", sourceBranch],
  ] as const) {
    const wrong = branchProblem(name);
    if (wrong !== undefined) throw new ProblemError("invalid_branch", `${field}: ${wrong}`);
  }
  return { repoUrl: url, branch, sourceBranch };
}

/** @throws ProblemError */
export function checkedRepoUrl(repoUrl: string, rules: RepositoryRules): string {
  const parsed = parseRepoUrl(repoUrl, rules);
  if (!parsed.ok) throw new ProblemError("invalid_repository", parsed.message);
  return parsed.url;
}

export interface NewSession {
  readonly owner: Email;
  readonly choice: RepositoryChoice | undefined;
  readonly initialMessage: string | undefined;
  readonly now: number;
  readonly idSecret: Secret;
  readonly home: string | null;
}

export function newRecord({ owner, choice, initialMessage, now, idSecret, home }: NewSession): SessionRecord {
  return {
    hash: choice ? sessionHash(idSecret, { owner, ...choice }) : randomHash(),
    owner,
    repoUrl: choice?.repoUrl ?? null,
    branch: choice?.branch ?? null,
    sourceBranch: choice?.sourceBranch ?? null,
    initialMessage: initialMessage || null,
    initialMessageDone: !initialMessage,
    desired: "running",
    failure: null,
    failedStarts: 0,
    title: null,
    description: null,
    conversation: null,
    attachNonce: newNonce(),
    createdAt: now,
    lastActivity: now,
    home,
    seen: null,
  };
}

export const newNonce = (): string => randomBytes(16).toString("base64url");
