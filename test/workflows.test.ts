import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { violations } from "./harness/workflow-rules.ts";

const FOLDER = fileURLToPath(new URL("../.github/workflows/", import.meta.url));
const files = readdirSync(FOLDER);
const text = (file: string) => readFileSync(FOLDER + file, "utf8");

const Steps = z.object({
  jobs: z.record(z.string(), z.object({ steps: z.array(z.object({ run: z.string().optional() })).optional() })),
});
const commands = (file: string) =>
  Object.values(Steps.parse(parse(text(file))).jobs).flatMap(({ steps = [] }) => steps.flatMap(({ run }) => run ?? []));

test("there are the three workflows", () => {
  expect(files.toSorted()).toEqual(["ci.yml", "deploy.yml", "images.yml"]);
});

test.each(files)("%s keeps to the rules", (file) => {
  expect(violations(text(file))).toEqual([]);
});

test("CI runs what a person runs", () => {
  expect(commands("ci.yml")).toContain(".ci/run");
});

test("the images are built and tested by the project's own commands", () => {
  expect(commands("images.yml")).toEqual(expect.arrayContaining(['make "build-$IMAGE"', 'make "smoke-$IMAGE"']));
});

describe("the rules notice", () => {
  test.each([
    ["images.yml", "contents: read", "contents: write"],
    ["images.yml", "packages: write", "packages: write\n      id-token: write"],
    ["images.yml", "    needs: smoke\n", ""],
    ["images.yml", "    needs: smoke\n    if: github.event_name == 'push'\n", "    needs: smoke\n"],
    ["images.yml", 'run: make "smoke-$IMAGE"', "run: make help"],
    ["images.yml", 'run: make "build-$IMAGE"', "run: make build-${{ github.event.pull_request.title }}"],
    ["images.yml", "    if: github.event_name == 'push' && github.ref == 'refs/heads/main'\n", ""],
    ["ci.yml", "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8", "actions/checkout@v5"],
    ["ci.yml", "07a8 # v5.0.0", "07a8"],
    ["ci.yml", "          persist-credentials: false", "          fetch-depth: 1"],
    ["ci.yml", "    timeout-minutes: 60\n", ""],
    ["ci.yml", "  pull_request:", "  pull_request_target:"],
    ["deploy.yml", " && github.event.pull_request.head.repo.full_name == github.repository", ""],
    ["deploy.yml", "    concurrency:\n      group: deploy\n      cancel-in-progress: false\n", ""],
  ])("in %s: %j → %j", (file, good, bad) => {
    const changed = text(file).replace(good, bad);
    expect(changed).not.toBe(text(file));
    expect(violations(changed)).not.toEqual([]);
  });
});
