import { isDeepStrictEqual } from "node:util";
import { roleRules } from "../../../src/contracts/router-rights.ts";
import type { Settings } from "../../../src/deploy/settings/settings.ts";
import { broken, nameOf, ofKind, type ClusterObject, type PodTemplate } from "./objects.ts";

/** Who may do more with the API server than the router's table says; nobody else may do anything. */
export function rightsProblems(
  objects: readonly ClusterObject[],
  templates: readonly PodTemplate[],
  { namespaces }: Pick<Settings, "namespaces">,
): string[] {
  const roles = ofKind(objects, "Role");
  const bindings = ofKind(objects, "RoleBinding");
  const callers = templates.filter(({ spec }) => spec.automountServiceAccountToken !== false);
  const [caller] = callers;
  const shared = templates.filter((one) =>
    templates.some(
      (other) =>
        other.where !== one.where &&
        other.namespace === one.namespace &&
        (other.spec.serviceAccountName ?? "default") === (one.spec.serviceAccountName ?? "default"),
    ),
  );
  return [
    ...objects
      .filter(({ kind }) => kind.startsWith("ClusterRole"))
      .map((one) => `${nameOf(one)}: gives rights in the whole cluster`),
    ...broken("the stack", {
      [`has ${roles.length} Roles, not one`]: roles.length !== 1,
      [`has ${bindings.length} RoleBindings, not one`]: bindings.length !== 1,
    }),
    ...roles.flatMap((role) =>
      broken(nameOf(role), {
        "is not where the sessions are": role.metadata.namespace !== namespaces.sessions,
        "is not the router's table": !isDeepStrictEqual(role.rules, roleRules()),
      }),
    ),
    ...bindings.flatMap((binding) =>
      broken(nameOf(binding), {
        "binds another Role": !roles.some(
          ({ metadata }) =>
            binding.roleRef.kind === "Role" &&
            metadata.name === binding.roleRef.name &&
            metadata.namespace === binding.metadata.namespace,
        ),
        "is for somebody else than the router": !isDeepStrictEqual(binding.subjects, [
          { kind: "ServiceAccount", name: caller?.spec.serviceAccountName, namespace: namespaces.system },
        ]),
      }),
    ),
    ...callers
      .filter(({ where }) => where !== `Deployment ${namespaces.system}/router`)
      .map(({ where }) => `${where}: gets a token for the API server`),
    ...shared.map(({ where }) => `${where}: has no ServiceAccount of its own`),
    ...ofKind(objects, "ServiceAccount")
      .filter(({ automountServiceAccountToken }) => automountServiceAccountToken !== false)
      .map((account) => `${nameOf(account)}: gives its token to every pod that does not refuse it`),
  ];
}
