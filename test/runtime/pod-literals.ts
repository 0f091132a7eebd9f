import type { V1Container } from "@kubernetes/client-node";

/** What the pods of all sessions have in common, and their other objects: of the session 0123456789ab. */

export const metadata = (name: string) => ({
  name,
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
      uid: "b1c8a5b4-8f1d-4c0a-9f57-2f6b7f0f9c11",
      controller: true,
      blockOwnerDeletion: true,
    },
  ],
});

/** What all containers have in common. */
export const hardened: Pick<V1Container, "securityContext" | "terminationMessagePolicy"> = {
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 1000,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  },
  terminationMessagePolicy: "FallbackToLogsOnError",
};

export const podLevel = {
  restartPolicy: "Never",
  terminationGracePeriodSeconds: 40,
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 1000,
    fsGroup: 1000,
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  },
};

const health = { exec: { command: ["/opt/opencode-router/healthcheck.sh"] } };
export const probes = {
  startupProbe: { ...health, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 120 },
  readinessProbe: { ...health, periodSeconds: 5, timeoutSeconds: 6, failureThreshold: 3 },
};

export const githubToken = { secretKeyRef: { name: "session-0123456789ab", key: "github-token", optional: true } };
export const sessionVolume = {
  name: "session",
  projected: {
    defaultMode: 0o440,
    sources: [
      { secret: { name: "session-0123456789ab", items: [{ key: "key", path: "key" }] } },
      {
        secret: {
          name: "session-0123456789ab",
          items: [
            { key: "initial-message", path: "initial-message" },
            { key: "overrides.json", path: "overrides.json" },
          ],
          optional: true,
        },
      },
    ],
  },
};
