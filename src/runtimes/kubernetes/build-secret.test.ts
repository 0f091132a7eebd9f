import { expect, test } from "vitest";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { Secret } from "../../lib/secret.ts";
import type { SessionSpec } from "../runtime.ts";
import { buildSessionSecret, buildUserSecret, userSecretName } from "./build-secret.ts";

const hash = "0123456789ab" as SessionHash;
const owner = { name: hash, uid: "u-1" };
const spec: SessionSpec = {
  hash,
  owner: "ann@example.org",
  repoUrl: null,
  branch: null,
  sourceBranch: null,
  initialMessage: "Grüße\n",
  sessionKey: new Secret("the-session-key"),
  secrets: { NPM_TOKEN: new Secret("npm") },
  githubToken: new Secret("gho_token"),
};

const base64 = (text: string) => Buffer.from(text).toString("base64");

test("a session's Secret holds its key, message, overrides and token, and nothing of the person's", () => {
  expect(buildSessionSecret(spec, owner, { overrides: '{"a":1}' })).toEqual({
    apiVersion: "v1",
    kind: "Secret",
    type: "Opaque",
    metadata: {
      name: "session-0123456789ab",
      labels: {
        "app.kubernetes.io/name": "opencode-session",
        "app.kubernetes.io/component": "session",
        "app.kubernetes.io/managed-by": "opencode-router",
        "app.kubernetes.io/part-of": "opencode-router",
        "opencode-router.dev/session": "0123456789ab",
      },
      ownerReferences: [
        {
          apiVersion: "opencode-router.dev/v1alpha1",
          kind: "Session",
          name: "0123456789ab",
          uid: "u-1",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    data: {
      key: base64("the-session-key"),
      "initial-message": base64("Grüße\n"),
      "overrides.json": base64('{"a":1}'),
      "github-token": base64("gho_token"),
    },
  });
});

test("what there is none of has no key", () => {
  expect(buildSessionSecret({ ...spec, initialMessage: null, githubToken: null }, owner).data).toEqual({
    key: base64("the-session-key"),
  });
});

test("a person's Secret holds what no variable of the platform is called, and belongs to no session", () => {
  const secrets = Object.fromEntries(
    ["NPM_TOKEN", "PATH", "SESSIOND_GITHUB_TOKEN", "GIT_CREDENTIAL_SOCKET", "LD_PRELOAD", "a/b"].map((name) => [
      name,
      new Secret(`value of ${name}`),
    ]),
  );
  expect(buildUserSecret("ann@example.org", secrets)).toEqual({
    apiVersion: "v1",
    kind: "Secret",
    type: "Opaque",
    metadata: {
      name: "user-438c4c7afe600cdf1e455c369bec76dc",
      labels: {
        "app.kubernetes.io/name": "opencode-session",
        "app.kubernetes.io/component": "user-secrets",
        "app.kubernetes.io/managed-by": "opencode-router",
        "app.kubernetes.io/part-of": "opencode-router",
      },
      annotations: { "opencode-router.dev/owner": "ann@example.org" },
    },
    data: { NPM_TOKEN: base64("value of NPM_TOKEN") },
  });
});

test("each person has a name of their own, which a cluster accepts", () => {
  const names = ["ann@example.org", "bob@example.org", "a+b@ü.example"].map(userSecretName);
  expect(new Set(names).size).toBe(3);
  for (const name of names) expect(name).toMatch(/^user-[0-9a-f]{32}$/);
});
