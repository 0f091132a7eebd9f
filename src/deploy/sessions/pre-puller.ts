import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { pulledWith } from "../image-pull.ts";
import { labelsOf, selectorOf } from "../objects/labels.ts";
import { RESTRICTED_CONTAINER, restrictedPod } from "../objects/restricted.ts";
import type { Settings } from "../settings/settings.ts";

type DaemonSetSpec = types.input.apps.v1.DaemonSetSpec;

export const PRE_PULLER = "session-image";

export interface PrePullerParts {
  readonly serviceAccount: pulumi.Input<string>;
  readonly imagePullSecret: pulumi.Input<string> | undefined;
}

/** The user of the image. */
const USER = 1000;

/**
 * A container of the session's image that sleeps on every node where sessions may be, so that the kubelet pulls the image and
 * keeps it. Nothing of it can fail or hang that a probe would see.
 */
export function prePuller(
  settings: Pick<Settings, "name" | "images" | "sessions">,
  { serviceAccount, imagePullSecret }: PrePullerParts,
): DaemonSetSpec {
  const { nodeSelector, tolerations, runtimeClassName } = settings.sessions;
  return {
    selector: { matchLabels: selectorOf(settings.name, PRE_PULLER) },
    // It serves nobody: a new image comes to all nodes at once.
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%" } },
    template: {
      metadata: { labels: labelsOf(settings.name, PRE_PULLER) },
      spec: {
        ...restrictedPod(USER),
        ...pulledWith(imagePullSecret),
        serviceAccountName: serviceAccount,
        nodeSelector: { ...nodeSelector },
        tolerations: [...tolerations],
        // Where runtimes have images of their own, it is this one's.
        ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            ...RESTRICTED_CONTAINER,
            name: "sleep",
            image: settings.images.session,
            command: ["/usr/bin/tini", "--", "sleep", "infinity"],
            resources: { requests: { cpu: "1m", memory: "8Mi" }, limits: { cpu: "50m", memory: "32Mi" } },
          },
        ],
      },
    },
  };
}
