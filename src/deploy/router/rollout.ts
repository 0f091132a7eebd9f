import type { types } from "@pulumi/kubernetes";
import type { RouterSlice } from "./environment.ts";

type DeploymentSpec = types.input.apps.v1.DeploymentSpec;
type AutoscalerSpec = types.input.autoscaling.v2.HorizontalPodAutoscalerSpec;

/** How many routers there are, and how a new version takes their place. */
export const rollout = ({
  database,
  router: { replicas, hpaMaxReplicas },
}: Pick<RouterSlice, "database" | "router">): Partial<DeploymentSpec> => ({
  // Of an autoscaler the number is not ours: to say it here would take it back at every deployment.
  ...(hpaMaxReplicas === undefined ? { replicas } : {}),
  strategy:
    database.kind === "embedded"
      ? // Its file is for one process, and its volume for one node.
        { type: "Recreate" }
      : { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
  revisionHistoryLimit: 3,
});

/** Whether there can be more than one router. */
export const isMany = ({ replicas, hpaMaxReplicas }: RouterSlice["router"]): boolean =>
  Math.max(replicas, hpaMaxReplicas ?? 0) >= 2;

/** Slow on its way down: a pod that goes cuts off everything that streams through it. */
export const autoscaler = (replicas: number, maxReplicas: number): AutoscalerSpec => ({
  scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "router" },
  minReplicas: replicas,
  maxReplicas,
  metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } }],
  behavior: {
    scaleDown: {
      stabilizationWindowSeconds: 600,
      policies: [{ type: "Pods", value: 1, periodSeconds: 300 }],
    },
  },
});
