import { createHash } from "node:crypto";
import type { V1Secret } from "@kubernetes/client-node";
import { secretNameProblem } from "../../contracts/user-secret.ts";
import type { Secret } from "../../lib/secret.ts";
import type { SessionSpec } from "../runtime.ts";
import { APP_LABELS, GROUP } from "../../contracts/cluster-names.ts";
import { secretName } from "./objects.ts";
import { type Owner, sessionMetadata } from "./session-metadata.ts";

/** Keys of a session's Secret. Only `key` is always there. */
export const SECRET_KEYS = {
  sessionKey: "key",
  initialMessage: "initial-message",
  overrides: "overrides.json",
  githubToken: "github-token",
} as const;

/** @param overrides text of the operator's overrides of opencode.json: they may hold keys of providers. */
export function buildSessionSecret(
  spec: SessionSpec,
  owner: Owner,
  { overrides }: { readonly overrides?: string } = {},
): V1Secret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "Opaque",
    metadata: sessionMetadata(secretName(spec.hash), spec.hash, owner),
    data: encoded({
      [SECRET_KEYS.sessionKey]: spec.sessionKey.reveal(),
      [SECRET_KEYS.initialMessage]: spec.initialMessage ?? undefined,
      [SECRET_KEYS.overrides]: overrides,
      [SECRET_KEYS.githubToken]: spec.githubToken?.reveal(),
    }),
  };
}

/** No address is a valid name in a cluster, and nobody can choose one that has the hash of somebody else's. */
export const userSecretName = (email: string): string =>
  `user-${createHash("sha256").update(email).digest("hex").slice(0, 32)}`;

/** A person's secrets by variable, for all of their sessions: it belongs to no session, and outlives them. */
export const buildUserSecret = (email: string, secrets: Readonly<Record<string, Secret>>): V1Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  type: "Opaque",
  metadata: {
    name: userSecretName(email),
    labels: { ...APP_LABELS, "app.kubernetes.io/component": "user-secrets" },
    annotations: { [`${GROUP}/owner`]: email },
  },
  data: encoded(Object.fromEntries(usableSecrets(secrets).map(([name, secret]) => [name, secret.reveal()]))),
});

/** Whatever is stored, none takes the place of what the platform or the session's programs rely on. */
export const usableSecrets = (secrets: Readonly<Record<string, Secret>>): [string, Secret][] =>
  Object.entries(secrets).filter(([name]) => secretNameProblem(name) === undefined);

const encoded = (values: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, Buffer.from(value).toString("base64")]],
    ),
  );
