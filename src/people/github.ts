import { createHash } from "node:crypto";
import { z } from "zod";
import { ProblemError } from "../contracts/problem.ts";
import type { Secret } from "../lib/secret.ts";
import { BriefCache } from "./brief-cache.ts";
import { repositoryPath, type GitHubAddress } from "./github-address.ts";
import { GitHubClient, LIMITS, type GitHubLimits } from "./github-client.ts";
import { tokenRefused } from "./github-problem.ts";

export interface GitHubRepository {
  /** `owner/name`. */
  readonly fullName: string;
  /** Where it is cloned from, over https. */
  readonly url: string;
  readonly private: boolean;
  readonly defaultBranch: string;
  readonly description?: string;
  /** ISO 8601, UTC. */
  readonly pushedAt?: string;
}

export interface GitHubBranches {
  readonly branches: readonly string[];
  readonly defaultBranch: string;
}

const Repository = z.object({
  full_name: z.string(),
  clone_url: z.url({ protocol: /^https?$/ }),
  private: z.boolean(),
  default_branch: z.string(),
  description: z.string().nullish(),
  pushed_at: z.iso.datetime({ offset: true }).nullish(),
});
const Repositories = z.array(Repository);
const Branches = z.array(z.object({ name: z.string() }));

const KEEP_MS = 60_000;
/** Entries of all lists together. */
const MAX_KEPT = 100_000;

/** What GitHub tells a person of their repositories. The token appears in no log, error or URL. */
export class GitHub {
  readonly address: GitHubAddress;
  readonly #limits: GitHubLimits;
  readonly #repositories: BriefCache<readonly GitHubRepository[]>;
  readonly #branches: BriefCache<GitHubBranches>;

  constructor(address: GitHubAddress, limits: Partial<GitHubLimits> = {}) {
    this.address = address;
    this.#limits = { ...LIMITS, ...limits };
    const kept = { keepMs: KEEP_MS, maxSize: MAX_KEPT, now: Date.now };
    this.#repositories = new BriefCache({ ...kept, sizeOf: (list) => 1 + list.length });
    this.#branches = new BriefCache({ ...kept, sizeOf: ({ branches }) => 1 + branches.length });
  }

  /** Those with `query` in their name, in any case; most recently pushed first. @throws ProblemError */
  async repositories(token: Secret, query = ""): Promise<readonly GitHubRepository[]> {
    const all = await this.#repositories.get(fingerprint(token), () => this.#listRepositories(token));
    const wanted = query.trim().toLowerCase();
    return all.filter(({ fullName }) => fullName.toLowerCase().includes(wanted));
  }

  /** `repository`: `owner/name`, or its address on the web site. @throws ProblemError */
  async branches(token: Secret, repository: string): Promise<GitHubBranches> {
    const path = repositoryPath(repository, this.address);
    if (path === undefined)
      throw new ProblemError(
        "invalid_request",
        `Give the repository as owner/name, or as ${this.address.web}/owner/name.`,
      );
    return this.#branches.get(`${fingerprint(token)} ${path}`, () => this.#listBranches(token, path));
  }

  async #listRepositories(token: Secret): Promise<readonly GitHubRepository[]> {
    const found = await this.#client(token).all("/user/repos?per_page=100&sort=pushed", Repositories);
    // What is pushed to while the pages are read comes twice.
    const byName = new Map(found.map((one) => [one.full_name, one]));
    return [...byName.values()].map(toRepository).toSorted(latestFirst);
  }

  async #listBranches(token: Secret, path: string): Promise<GitHubBranches> {
    const client = this.#client(token);
    // First the one that tells whether there is such a repository.
    const { default_branch: defaultBranch } = await client.one(path, Repository);
    const branches = await client.all(`${path}/branches?per_page=100`, Branches);
    return { branches: [...new Set(branches.map(({ name }) => name))], defaultBranch };
  }

  #client(token: Secret): GitHubClient {
    // Anything else cannot be sent in a header.
    if (!/^[\x21-\x7e]+$/.test(token.reveal())) throw tokenRefused();
    return new GitHubClient(this.address, token, this.#limits);
  }
}

const toRepository = (one: z.infer<typeof Repository>): GitHubRepository => ({
  fullName: one.full_name,
  url: one.clone_url,
  private: one.private,
  defaultBranch: one.default_branch,
  ...(one.description ? { description: one.description } : {}),
  ...(one.pushed_at ? { pushedAt: new Date(one.pushed_at).toISOString() } : {}),
});

const latestFirst = (a: GitHubRepository, b: GitHubRepository): number =>
  Date.parse(b.pushedAt ?? "1970-01-01") - Date.parse(a.pushedAt ?? "1970-01-01");

const fingerprint = (token: Secret): string => createHash("sha256").update(token.reveal()).digest("base64url");
