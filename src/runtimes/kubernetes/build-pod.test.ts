import { expect, test } from "vitest";
import type { V1Pod } from "@kubernetes/client-node";
import type { SessionHash } from "../../contracts/session-hash.ts";
import {
  githubToken,
  hardened,
  metadata,
  podLevel,
  probes,
  sessionVolume,
} from "../../../test/runtime/pod-literals.ts";
import { Secret } from "../../lib/secret.ts";
import type { SessionSpec } from "../runtime.ts";
import { buildClaim } from "./build-claim.ts";
import { buildPod } from "./build-pod.ts";
import type { PodOptions } from "./pod-options.ts";

const hash = "0123456789ab" as SessionHash;
const owner = { name: hash, uid: "b1c8a5b4-8f1d-4c0a-9f57-2f6b7f0f9c11" };

const repositorySpec: SessionSpec = {
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

const fullOptions: PodOptions = {
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

const blankSpec: SessionSpec = {
  ...repositorySpec,
  repoUrl: null,
  branch: null,
  sourceBranch: null,
  initialMessage: null,
  secrets: {},
  githubToken: null,
};

const plainOptions: PodOptions = {
  image: "session",
  storageSize: "10Gi",
  nodeSelector: {},
  tolerations: [],
  resources: { requests: { cpu: "100m" }, limits: { memory: "2Gi" } },
  sessionEnv: {},
  hasOverrides: false,
  routerUrl: "http://router:3001",
};

test("a session of a repository, with everything", () => {
  const image = "registry.example.org/session:1.2.3";
  const resources = { requests: { cpu: "250m", memory: "1Gi" }, limits: { cpu: "4", memory: "4Gi" } };
  const env = [
    { name: "HTTPS_PROXY", value: "http://proxy$$$$:3128" },
    { name: "TZ", value: "Europe/Berlin" },
    { name: "NPM_TOKEN", value: "all" },
    { name: "OPENCODE_ROUTER_SESSION", value: "0123456789ab" },
    { name: "OPENCODE_ROUTER_PORT_URL", value: "https://{port}-0123456789ab-oc.example.org/" },
  ];
  const user = "user-438c4c7afe600cdf1e455c369bec76dc";
  expect(buildPod(repositorySpec, owner, fullOptions)).toEqual({
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadata("session-0123456789ab"),
    spec: {
      ...podLevel,
      imagePullSecrets: [{ name: "pull" }],
      runtimeClassName: "gvisor",
      nodeSelector: { pool: "sessions" },
      tolerations: [{ key: "sessions", operator: "Exists", effect: "NoSchedule" }],
      initContainers: [
        {
          name: "chromium",
          image: "registry.example.org/chromium:1",
          restartPolicy: "Always",
          args: [
            "--headless",
            "--remote-debugging-address=127.0.0.1",
            "--remote-debugging-port=9222",
            "--user-data-dir=/tmp/chromium",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
          ],
          env: [{ name: "HOME", value: "/tmp" }],
          volumeMounts: [{ name: "chromium-tmp", mountPath: "/tmp" }],
          resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "1", memory: "1Gi" } },
          ...hardened,
        },
        {
          name: "config",
          image,
          command: ["/usr/bin/tini", "-g", "--", "/opt/opencode-router/init/config.sh"],
          env: [
            ...env,
            { name: "MODELS_CONFIG", value: "/config/models/models.json" },
            { name: "OVERRIDES_CONFIG", value: "/run/session/overrides.json" },
            { name: "GIT_USER_NAME", value: "ann" },
            { name: "GIT_USER_EMAIL", value: "ann@example.org" },
          ],
          volumeMounts: [
            { name: "home", mountPath: "/home/opencode" },
            { name: "tmp", mountPath: "/tmp" },
            { name: "session", mountPath: "/run/session", readOnly: true },
            { name: "models", mountPath: "/config/models", readOnly: true },
          ],
          resources,
          ...hardened,
        },
        {
          name: "workspace",
          image,
          command: ["/usr/bin/tini", "-g", "--", "/opt/opencode-router/init/workspace.sh"],
          env: [
            ...env,
            { name: "REPO_URL", value: "https://example.org/$$(HOME)/x.git" },
            { name: "BRANCH", value: "feature" },
            { name: "SOURCE_BRANCH", value: "main" },
            { name: "GITHUB_TOKEN", valueFrom: { secretKeyRef: { name: user, key: "GITHUB_TOKEN", optional: true } } },
          ],
          volumeMounts: [
            { name: "home", mountPath: "/home/opencode" },
            { name: "tmp", mountPath: "/tmp" },
          ],
          resources,
          ...hardened,
        },
      ],
      containers: [
        {
          name: "sessiond",
          image,
          ports: [{ name: "sessiond", containerPort: 4100, protocol: "TCP" }],
          envFrom: [{ secretRef: { name: "api-keys", optional: true } }, { secretRef: { name: user, optional: true } }],
          env: [
            ...env.filter(({ name }) => name !== "NPM_TOKEN"),
            { name: "SESSION_HASH", value: "0123456789ab" },
            { name: "SESSION_KEY_FILE", value: "/run/session/key" },
            { name: "ROUTER_URL", value: "http://router.p-system.svc:3001" },
            { name: "SESSIOND_GITHUB_ORIGIN", value: "https://github.example.org" },
            { name: "INITIAL_MESSAGE_FILE", value: "/run/session/initial-message" },
            { name: "SESSIOND_GITHUB_TOKEN", valueFrom: githubToken },
          ],
          ...probes,
          volumeMounts: [
            { name: "home", mountPath: "/home/opencode" },
            { name: "tmp", mountPath: "/tmp" },
            { name: "session", mountPath: "/run/session", readOnly: true },
          ],
          resources,
          ...hardened,
        },
      ],
      volumes: [
        { name: "home", persistentVolumeClaim: { claimName: "home-0123456789ab" } },
        { name: "tmp", emptyDir: { sizeLimit: "2Gi" } },
        sessionVolume,
        { name: "models", configMap: { name: "models", optional: true } },
        { name: "chromium-tmp", emptyDir: { sizeLimit: "512Mi" } },
      ],
    },
  } satisfies V1Pod);
});

test("a blank project, with nothing that can be left out", () => {
  const resources = { requests: { cpu: "100m" }, limits: { memory: "2Gi" } };
  const mounts = [
    { name: "home", mountPath: "/home/opencode" },
    { name: "tmp", mountPath: "/tmp" },
  ];
  const mark = { name: "OPENCODE_ROUTER_SESSION", value: "0123456789ab" };
  expect(buildPod(blankSpec, owner, plainOptions)).toEqual({
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadata("session-0123456789ab"),
    spec: {
      ...podLevel,
      initContainers: [
        {
          name: "config",
          image: "session",
          command: ["/usr/bin/tini", "-g", "--", "/opt/opencode-router/init/config.sh"],
          env: [mark, { name: "GIT_USER_NAME", value: "ann" }, { name: "GIT_USER_EMAIL", value: "ann@example.org" }],
          volumeMounts: mounts,
          resources,
          ...hardened,
        },
        {
          name: "workspace",
          image: "session",
          command: ["/usr/bin/tini", "-g", "--", "/opt/opencode-router/init/workspace.sh"],
          env: [
            mark,
            { name: "REPO_URL", value: "" },
            { name: "BRANCH", value: "" },
            { name: "SOURCE_BRANCH", value: "" },
            { name: "GITHUB_TOKEN", valueFrom: githubToken },
          ],
          volumeMounts: mounts,
          resources,
          ...hardened,
        },
      ],
      containers: [
        {
          name: "sessiond",
          image: "session",
          ports: [{ name: "sessiond", containerPort: 4100, protocol: "TCP" }],
          envFrom: [{ secretRef: { name: "user-438c4c7afe600cdf1e455c369bec76dc", optional: true } }],
          env: [
            mark,
            { name: "SESSION_HASH", value: "0123456789ab" },
            { name: "SESSION_KEY_FILE", value: "/run/session/key" },
            { name: "ROUTER_URL", value: "http://router:3001" },
            { name: "SESSIOND_GITHUB_TOKEN", valueFrom: githubToken },
          ],
          ...probes,
          volumeMounts: [...mounts, { name: "session", mountPath: "/run/session", readOnly: true }],
          resources,
          ...hardened,
        },
      ],
      volumes: [
        { name: "home", persistentVolumeClaim: { claimName: "home-0123456789ab" } },
        { name: "tmp", emptyDir: { sizeLimit: "2Gi" } },
        sessionVolume,
      ],
    },
  } satisfies V1Pod);
});

test("the operator's token for GitHub clones when the person has none", () => {
  const pod = buildPod(blankSpec, owner, { ...plainOptions, sessionEnv: { GITHUB_TOKEN: "ghp_all" } });
  const workspace = pod.spec?.initContainers?.find(({ name }) => name === "workspace");
  expect(workspace?.env?.filter(({ name }) => name === "GITHUB_TOKEN")).toEqual([
    { name: "GITHUB_TOKEN", value: "ghp_all" },
  ]);
});

test("a session's volume", () => {
  expect(buildClaim(hash, owner, fullOptions)).toEqual({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: metadata("home-0123456789ab"),
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fast",
      resources: { requests: { storage: "20Gi" } },
    },
  });
  expect(buildClaim(hash, owner, plainOptions).spec).toEqual({
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "10Gi" } },
  });
});
