import { beforeAll, describe, expect, test } from "vitest";
import { goldenManifest, manifestOf } from "../../test/harness/golden-manifest.ts";
import { stackProblems } from "../../test/harness/invariants/stack-problems.ts";
import { isMarked } from "../../test/harness/marked-secrets.ts";
import type { MockedStack } from "../../test/harness/mock-stack.ts";
import { deploySample, SAMPLE_STACKS, sampleSecrets, sampleSettings } from "../../test/harness/sample-stacks.ts";

describe.each(SAMPLE_STACKS)("%s", (name) => {
  let stack: MockedStack;
  beforeAll(async () => {
    stack = await deploySample(name);
  });

  test("nothing is wrong with it", () => {
    expect(stackProblems(stack, sampleSettings(name))).toEqual([]);
  });

  test("it is what it was: else look at the difference, and set UPDATE_GOLDEN=1", () => {
    const now = manifestOf(stack);
    expect(now).toBe(goldenManifest(name, now));
    expect(isMarked(now)).toBe(false);
  });

  test("each secret of its configuration would be found wherever it turned up", () => {
    expect(sampleSecrets(name)).not.toEqual([]);
    for (const secret of sampleSecrets(name)) expect(isMarked(secret)).toBe(true);
  });
});

test("a stack is registered the same each time", async () => {
  const [one, another] = [await deploySample("everything"), await deploySample("everything")];
  expect(manifestOf(another)).toBe(manifestOf(one));
});

test("a preview, in which no random value and no id is known, registers the same objects", async () => {
  const preview = await deploySample("everything", { preview: true });
  const list = (stack: MockedStack) => stack.resources.map(({ type, name }) => `${type} ${name}`).toSorted();
  expect(list(preview)).toEqual(list(await deploySample("everything")));
  expect(preview.errors).toEqual([]);
});
