import { expect, test } from "vitest";
import { RULES, isCovered, roleRules } from "./router-rights.ts";

test("the Role has each resource once, and no verb without a reason", () => {
  expect(roleRules()).toEqual(
    expect.arrayContaining([
      { apiGroups: ["opencode-router.dev"], resources: ["sessions/status"], verbs: ["patch"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch", "create", "delete"] },
    ]),
  );
  expect(new Set(RULES.map(({ resource }) => resource)).size).toBe(RULES.length);
  for (const { verbs } of RULES) for (const reason of Object.values(verbs)) expect(reason).toMatch(/^\w.{10,}$/);
});

test("Secrets cannot be listed, nothing can be done to all at once, and there are no wildcards", () => {
  const verbs = new Map(RULES.map(({ resource, verbs }) => [resource, Object.keys(verbs)]));
  expect(verbs.get("secrets")).not.toEqual(expect.arrayContaining(["list"]));
  expect(verbs.get("secrets")).not.toEqual(expect.arrayContaining(["watch"]));
  expect(JSON.stringify(roleRules())).not.toMatch(/\*|deletecollection|impersonate|escalate|bind/);
});

test.each([
  ["patch", "sessions/status", true],
  ["update", "sessions/status", false],
  ["list", "pods", true],
  ["create", "pods/exec", false],
  ["list", "secrets", false],
  ["watch", "nodes", false],
  ["constructor", "pods", false],
])("%s %s: %s", (verb, resource, covered) => {
  expect(isCovered({ verb, resource })).toBe(covered);
});
