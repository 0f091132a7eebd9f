/** Names of what a session is made of in a cluster: SPEC 12. */
export const GROUP = "opencode-router.dev";
export const API_VERSION = `${GROUP}/v1alpha1`;
export const SESSION_KIND = "Session";
export const SESSION_LABEL = `${GROUP}/session`;
export const APP_LABELS = {
  "app.kubernetes.io/name": "opencode-session",
  "app.kubernetes.io/component": "session",
  "app.kubernetes.io/managed-by": "opencode-router",
  "app.kubernetes.io/part-of": "opencode-router",
} as const;

/** Where sessiond listens in a pod. */
export const SESSIOND_PORT = 4100;
