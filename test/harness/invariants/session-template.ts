import type { Settings } from "../../../src/deploy/settings/settings.ts";
import { buildPod } from "../../../src/runtimes/kubernetes/build-pod.ts";
import { fullOptions, owner, repositorySpec } from "../../runtime/pod-inputs.ts";
import type { PodTemplate } from "./objects.ts";

/** The pods that the router makes: policies are about them, too. */
export function sessionTemplate({ namespaces }: Pick<Settings, "namespaces">): PodTemplate {
  const { metadata, spec } = buildPod(repositorySpec, owner, fullOptions);
  if (!spec) throw new Error("a session's pod has a spec");
  return {
    where: `Pod ${namespaces.sessions}/${metadata?.name}`,
    namespace: namespaces.sessions,
    labels: metadata?.labels ?? {},
    annotations: {},
    spec,
    workload: { kind: "Pod", replicas: 1, selector: undefined },
  };
}
