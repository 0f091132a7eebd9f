import { z } from "zod";

/** Every code of an error that the API answers, with its status and its title. */
export const PROBLEMS = {
  invalid_request: { status: 400, title: "The request is not valid" },
  invalid_repository: { status: 400, title: "The repository URL is not valid" },
  invalid_branch: { status: 400, title: "The branch name is not valid" },
  unauthenticated: { status: 401, title: "Sign in first" },
  forbidden: { status: 403, title: "Not allowed" },
  cross_origin: { status: 403, title: "Refused because another site sent it" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  request_timeout: { status: 408, title: "The request took too long to arrive" },
  conflict: { status: 409, title: "Not possible in this state" },
  too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "Send JSON" },
  branch_missing: { status: 422, title: "The source branch does not exist" },
  too_many_requests: { status: 429, title: "Too many requests" },
  limit_reached: { status: 429, title: "A limit is reached" },
  headers_too_large: { status: 431, title: "The headers are too large" },
  internal: { status: 500, title: "Internal error" },
  not_configured: { status: 501, title: "Not configured" },
  remote_unreachable: { status: 502, title: "The repository cannot be reached" },
  remote_refused: { status: 502, title: "The repository refused the request" },
  session_unreachable: { status: 502, title: "The session does not answer" },
  elsewhere: { status: 503, title: "The session runs on another router" },
  session_not_running: { status: 503, title: "The session is not running" },
  unavailable: { status: 503, title: "Not available now" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** `application/problem+json` (RFC 9457). */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof Problem>;

export const problem = (code: ProblemCode, detail: string): Problem => ({
  type: `urn:opencode-router:problem:${code}`,
  title: PROBLEMS[code].title,
  status: PROBLEMS[code].status,
  detail,
  code,
});

/** An expected refusal on its way to the one place that answers it. */
export class ProblemError extends Error {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.name = "ProblemError";
    this.problem = problem(code, detail);
    this.headers = headers;
  }
}
