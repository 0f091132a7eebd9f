import type { V1Pod } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { blankSpec, fullOptions, hash, owner, plainOptions, repositorySpec } from "../../../test/runtime/pod-inputs.ts";
import {
  githubToken,
  hardened,
  metadata,
  podLevel,
  probes,
  sessionVolume,
} from "../../../test/runtime/pod-literals.ts";
import { buildClaim } from "./build-claim.ts";
import { buildPod } from "./build-pod.ts";

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
            { name: "SESSIOND_GITHUB_ORIGIN", value: "https://github.example.org" },
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
