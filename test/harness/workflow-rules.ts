import { parse } from "yaml";
import { z } from "zod";

const Permissions = z.record(z.string(), z.string());
const Step = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});
const Job = z.looseObject({
  permissions: Permissions.optional(),
  needs: z
    .union([z.string(), z.array(z.string())])
    .transform((needs) => [needs].flat())
    .default([]),
  if: z.string().default(""),
  uses: z.string().optional(),
  "timeout-minutes": z.number().optional(),
  concurrency: z.unknown().optional(),
  steps: z.array(Step).default([]),
});
type Job = z.infer<typeof Job>;
const Workflow = z.looseObject({
  on: z.record(z.string(), z.unknown()),
  permissions: Permissions.optional(),
  concurrency: z.unknown().optional(),
  jobs: z.record(z.string(), Job),
});
type Workflow = z.infer<typeof Workflow>;

/** What a job may do beyond reading the sources. */
const MAY_WRITE: Readonly<Record<string, readonly string[]>> = { push: ["packages"] };
/** With these, code of a fork would run with our secrets. */
const FORBIDDEN_EVENTS = ["pull_request_target", "workflow_run"];
const PINNED = /@[0-9a-f]{40}$/;
const PUSHES = /docker push|make "?push-|push-image/;
const SMOKES = /make "?smoke-/;
const ONLY_PUSHED = "github.event_name == 'push'";
const SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository";

/** What is wrong with a workflow, each as a sentence. */
export function violations(text: string): readonly string[] {
  const workflow = Workflow.parse(parse(text));
  return [
    ...workflowViolations(workflow),
    ...versionViolations(text),
    ...Object.entries(workflow.jobs).flatMap(([name, job]) =>
      [
        ...jobViolations(job),
        ...rightsViolations(name, job),
        ...secretViolations(job),
        ...pushViolations(job, workflow),
      ].map((sentence) => `${name}: ${sentence}`),
    ),
  ];
}

function* workflowViolations({ on, permissions, concurrency, jobs }: Workflow): Generator<string> {
  if (JSON.stringify(permissions) !== '{"contents":"read"}') yield "the workflow may do more than read the sources";
  if (concurrency === undefined && !Object.values(jobs).some((job) => job.concurrency !== undefined))
    yield "nothing limits how many run at once";
  for (const event of FORBIDDEN_EVENTS) if (event in on) yield `it runs on ${event}`;
}

/** A digest tells a person nothing: its release stands beside it. */
const versionViolations = (text: string): string[] =>
  text
    .split("\n")
    .flatMap((line) =>
      /uses: .*@/.test(line) && !/ # v\d+\.\d+\.\d+$/.test(line) ? [`no release: ${line.trim()}`] : [],
    );

function* jobViolations(job: Job): Generator<string> {
  if (job.uses === undefined && job["timeout-minutes"] === undefined) yield "it has no time limit";
  for (const { uses, run, with: inputs } of [...job.steps, { uses: job.uses, run: undefined, with: undefined }]) {
    if (uses !== undefined && !uses.startsWith("./") && !PINNED.test(uses)) yield `${uses} is not pinned`;
    if (run?.includes("${{")) yield `an expression is spliced into a script: ${run}`;
    if (uses?.startsWith("actions/checkout@") && inputs?.["persist-credentials"] !== false)
      yield "the checkout leaves its token behind";
  }
}

function* rightsViolations(name: string, { permissions = {} }: Job): Generator<string> {
  for (const [what, right] of Object.entries(permissions))
    if (right === "write" && !MAY_WRITE[name]?.includes(what)) yield `it may write ${what}`;
}

function* secretViolations(job: Job): Generator<string> {
  if (!JSON.stringify(job).includes("secrets.")) return;
  if (!job.if.includes(ONLY_PUSHED)) yield "secrets without a look at the event";
  if (job.if.includes("pull_request") && !job.if.includes(SAME_REPOSITORY)) yield "secrets for a fork's code";
}

function* pushViolations(job: Job, { jobs }: Workflow): Generator<string> {
  if (!job.steps.some(({ run }) => run !== undefined && PUSHES.test(run))) return;
  if (!job.if.includes(ONLY_PUSHED)) yield "it pushes for pull requests";
  const smoked = job.needs.some((name) => jobs[name]?.steps.some(({ run }) => run !== undefined && SMOKES.test(run)));
  if (!smoked) yield "it pushes what was not smoke-tested";
}
