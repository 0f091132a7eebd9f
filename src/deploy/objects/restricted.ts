import type { types } from "@pulumi/kubernetes";

type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;

/** What every pod says to pass the restricted Pod Security Standard, and to know nothing of the cluster. */
export const restrictedPod = (user: number): Pick<PodSpec, "securityContext"> & Partial<PodSpec> => ({
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    seccompProfile: { type: "RuntimeDefault" },
  },
});

/** Of every container, init containers among them. */
export const RESTRICTED_CONTAINER: Pick<Container, "securityContext"> = {
  securityContext: {
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  },
};

/** The one place that a container may write to, besides its volumes. */
export const TMP = {
  volume: { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
  mount: { name: "tmp", mountPath: "/tmp" },
} as const;

/** Pods of one program on different nodes, as far as there are as many. */
export const spread = (selector: Readonly<Record<string, string>>): Partial<PodSpec> => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: { ...selector } },
    },
  ],
});
