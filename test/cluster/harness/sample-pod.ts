import type { V1Container, V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { SESSION_IMAGE } from "./minimal-node.ts";

const SECURITY = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** A container that runs a line of shell, at home on a pod's claim. */
export const shell = (name: string, line: string): V1Container => ({
  name,
  image: SESSION_IMAGE,
  command: ["/usr/bin/tini", "--", "sh", "-c", line],
  volumeMounts: [
    { name: "home", mountPath: "/home/opencode" },
    { name: "tmp", mountPath: "/tmp" },
  ],
  securityContext: SECURITY,
  terminationMessagePolicy: "FallbackToLogsOnError",
});

/** A pod that the restricted profile lets in, written by hand: it runs once, on the claim `home`. */
export const samplePod = (name: string, initContainers: V1Container[], containers: V1Container[]): V1Pod => ({
  metadata: { name },
  spec: {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 5,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      seccompProfile: { type: "RuntimeDefault" },
    },
    initContainers,
    containers,
    volumes: [
      { name: "home", persistentVolumeClaim: { claimName: "home" } },
      { name: "tmp", emptyDir: {} },
    ],
  },
});

export const sampleClaim: V1PersistentVolumeClaim = {
  metadata: { name: "home" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};
