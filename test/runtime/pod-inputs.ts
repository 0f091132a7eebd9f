import type { SessionHash } from "../../src/contracts/session-hash.ts";
import { Secret } from "../../src/lib/secret.ts";
import type { PodOptions } from "../../src/runtimes/kubernetes/pod-options.ts";
import type { SessionSpec } from "../../src/runtimes/runtime.ts";

/** Sessions and configurations with everything, and with as little as there can be. */

export const hash = "0123456789ab" as SessionHash;
export const owner = { name: hash, uid: "b1c8a5b4-8f1d-4c0a-9f57-2f6b7f0f9c11" };

export const repositorySpec: SessionSpec = {
  hash,
  owner: "ann@example.org",
  repoUrl: "https://example.org/$(HOME)/x.git",
  branch: "feature",
  sourceBranch: "main",
  initialMessage: "Say hello",
  sessionKey: new Secret("the-session-key"),
  secrets: { GITHUB_TOKEN: new Secret("ghp_own"), NPM_TOKEN: new Secret("npm_own"), PATH: new Secret("/evil") },
  githubToken: new Secret("gho_sign-in"),
};

export const fullOptions: PodOptions = {
  image: "registry.example.org/session:1.2.3",
  imagePullSecret: "pull",
  storageClass: "fast",
  storageSize: "20Gi",
  runtimeClass: "gvisor",
  nodeSelector: { pool: "sessions" },
  tolerations: [{ key: "sessions", operator: "Exists", effect: "NoSchedule" }],
  resources: { requests: { cpu: "250m", memory: "1Gi" }, limits: { cpu: "4", memory: "4Gi" } },
  sessionEnv: { HTTPS_PROXY: "http://proxy$$:3128", TZ: "Europe/Berlin", NPM_TOKEN: "all", HOME: "/elsewhere" },
  modelsConfigMap: "models",
  apiKeySecret: "api-keys",
  hasOverrides: true,
  routerUrl: "http://router.p-system.svc:3001",
  portUrlPattern: (of) => `https://{port}-${of}-oc.example.org/`,
  githubOrigin: "https://github.example.org",
  chromiumImage: "registry.example.org/chromium:1",
};

export const blankSpec: SessionSpec = {
  ...repositorySpec,
  repoUrl: null,
  branch: null,
  sourceBranch: null,
  initialMessage: null,
  secrets: {},
  githubToken: null,
};

export const plainOptions: PodOptions = {
  image: "session",
  storageSize: "10Gi",
  nodeSelector: {},
  tolerations: [],
  resources: { requests: { cpu: "100m" }, limits: { memory: "2Gi" } },
  sessionEnv: {},
  hasOverrides: false,
  routerUrl: "http://router:3001",
};
