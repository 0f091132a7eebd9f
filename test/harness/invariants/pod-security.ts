import type { V1Container, V1PodSpec, V1SecurityContext, V1Volume } from "@kubernetes/client-node";
import { broken, containersOf, type PodTemplate } from "./objects.ts";

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/, restricted. */
const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];
const SYSCTLS = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_syncookies",
];
const SELINUX_TYPES = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
const APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";

/** What is looked at of a pod. */
type Described = Pick<PodTemplate, "where" | "annotations" | "spec">;

/** What keeps pods from being restricted: by the Pod Security Standard, and further by us. */
export const podSecurityProblems = (templates: readonly Described[]): string[] =>
  templates.flatMap((template) => [
    ...broken(template.where, ofPod(template)),
    ...containersOf(template).flatMap(({ container, where }) => [
      ...broken(where, byStandard(container, template.spec)),
      ...broken(where, byUs(container)),
    ]),
  ]);

const ofPod = ({ spec, annotations }: Described): Record<string, unknown> => ({
  "is in a namespace of its host": spec.hostNetwork || spec.hostPID || spec.hostIPC,
  "has an ephemeral container": (spec.ephemeralContainers ?? []).length > 0,
  ...ofContext(spec.securityContext),
  "changes a sysctl": spec.securityContext?.sysctls?.some(({ name }) => !SYSCTLS.includes(name)),
  "does without AppArmor": Object.entries(annotations).some(
    ([name, value]) => name.startsWith(APP_ARMOR) && !/^(runtime\/default|localhost\/)/.test(value),
  ),
  "has a volume of a kind that is not allowed": spec.volumes?.some((volume) => !isAllowed(volume)),
  "has an emptyDir without a limit": spec.volumes?.some(({ emptyDir }) => emptyDir && !emptyDir.sizeLimit),
  "gets variables of all Services": spec.enableServiceLinks !== false,
  "does not say whether it gets a token": spec.automountServiceAccountToken === undefined,
});

const isAllowed = ({ name: _name, ...volume }: V1Volume): boolean =>
  Object.keys(volume).length === 1 && Object.keys(volume).every((kind) => VOLUMES.includes(kind));

const ofContext = (
  context: Pick<V1SecurityContext, "runAsUser" | "seLinuxOptions" | "windowsOptions" | "appArmorProfile"> | undefined,
): Record<string, unknown> => ({
  "runs as root": context?.runAsUser === 0,
  "chooses its SELinux label": !isOrdinary(context?.seLinuxOptions),
  "is a process of a Windows host": context?.windowsOptions?.hostProcess,
  "is unconfined by AppArmor": context?.appArmorProfile?.type === "Unconfined",
});

const isOrdinary = (options: V1SecurityContext["seLinuxOptions"]): boolean =>
  options === undefined || (SELINUX_TYPES.includes(options.type ?? "") && !options.user && !options.role);

function byStandard({ securityContext: own, ports }: V1Container, { securityContext: pod }: V1PodSpec) {
  const seccomp = own?.seccompProfile ?? pod?.seccompProfile;
  return {
    ...ofContext(own),
    "is privileged": own?.privileged,
    "may gain privileges": own?.allowPrivilegeEscalation !== false,
    "keeps capabilities": !own?.capabilities?.drop?.includes("ALL"),
    "adds capabilities": own?.capabilities?.add?.some((name) => name !== "NET_BIND_SERVICE"),
    "may be root": (own?.runAsNonRoot ?? pod?.runAsNonRoot) !== true,
    "has no seccomp profile": seccomp?.type !== "RuntimeDefault" && seccomp?.type !== "Localhost",
    "shows /proc unmasked": own?.procMount !== undefined && own.procMount !== "Default",
    "takes a port of its host": ports?.some(({ hostPort }) => hostPort),
  };
}

/** No user of ours needs a capability, and none writes besides to its volumes. */
const byUs = ({ securityContext: context }: V1Container): Record<string, unknown> => ({
  "has capabilities": (context?.capabilities?.add ?? []).length > 0,
  "can write to its root": context?.readOnlyRootFilesystem !== true,
});
