import { createRoute, z } from "@hono/zod-openapi";
import { ProblemError } from "../../contracts/problem.ts";
import type { Secret } from "../../lib/secret.ts";
import type { Principal } from "../auth/identify.ts";
import type { Api, ApiParts } from "./context.ts";
import { GITHUB_TOKEN_SECRET, githubTokenOf } from "./github-token.ts";
import { json, refused } from "./schemas.ts";

const Repositories = z
  .object({
    repos: z.array(
      z.object({
        fullName: z.string().meta({ description: "owner/name" }),
        url: z.string().meta({ description: "Where it is cloned from, over https" }),
        private: z.boolean(),
        defaultBranch: z.string(),
        description: z.string().optional(),
        pushedAt: z.string().optional(),
      }),
    ),
  })
  .meta({ id: "Repositories" });

const Branches = z.object({ branches: z.array(z.string()), defaultBranch: z.string() }).meta({ id: "Branches" });

const githubProblems = {
  401: refused("You are not signed in, or GitHub does not know your token"),
  403: refused("GitHub does not let your token see this"),
  429: refused("GitHub's rate limit is reached"),
  502: refused("GitHub cannot be reached, or gave an answer that is not understood"),
};

const reposRoute = createRoute({
  method: "get",
  path: "/api/user/repos",
  summary: "Your repositories on GitHub",
  request: { query: z.object({ q: z.string().max(200).optional().meta({ description: "Part of the full name" }) }) },
  responses: { 200: json(Repositories, "Most recently pushed first"), ...githubProblems },
});

const branchesRoute = createRoute({
  method: "get",
  path: "/api/user/repos/branches",
  summary: "Branches of a repository on GitHub",
  request: {
    query: z.object({ repo: z.string().max(2048).meta({ description: "owner/name, or its address on the web site" }) }),
  },
  responses: {
    200: json(Branches, "All its branches"),
    400: refused("It is no repository of this GitHub"),
    404: refused("There is no such repository, or you may not see it"),
    ...githubProblems,
  },
});

export function addRepoRoutes(api: Api, { github, fallbackToken }: ApiParts): void {
  const tokenOf = async (principal: Principal): Promise<Secret> => {
    const token = await githubTokenOf(principal, fallbackToken);
    if (token) return token;
    throw new ProblemError(
      "unauthenticated",
      `There is no GitHub token of yours. Sign in with GitHub, or set your secret ${GITHUB_TOKEN_SECRET}.`,
    );
  };
  api.openapi(reposRoute, async (c) => {
    const token = await tokenOf(c.env.principal);
    return c.json({ repos: [...(await github.repositories(token, c.req.valid("query").q))] }, 200);
  });
  api.openapi(branchesRoute, async (c) => {
    const token = await tokenOf(c.env.principal);
    const { branches, defaultBranch } = await github.branches(token, c.req.valid("query").repo);
    return c.json({ branches: [...branches], defaultBranch }, 200);
  });
}
