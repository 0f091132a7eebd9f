import { GROUP } from "./cluster-names.ts";

interface Rule {
  /** "" for Kubernetes' own. */
  readonly group: string;
  /** Plural, with its subresource. */
  readonly resource: string;
  /** What the router does with it, each with the reason. */
  readonly verbs: Readonly<Record<string, string>>;
}

/** Everything that the router may do in the namespace of the sessions, and nowhere else. */
export const RULES: readonly Rule[] = [
  {
    group: GROUP,
    resource: "sessions",
    verbs: {
      get: "what the watch has not told yet is read again after a conflict",
      list: "all sessions are known from the start, and after a watch that broke",
      watch: "every reading is answered from the memory that the watch keeps true",
      create: "a person makes a session",
      patch: "a person starts or stops a session; its first message is done",
      delete: "a person deletes a session: all that it owns goes with it",
    },
  },
  {
    group: GROUP,
    resource: "sessions/status",
    verbs: { patch: "state, failures, title and last activity are shown by kubectl and survive the router" },
  },
  {
    group: GROUP,
    resource: "sessions/finalizers",
    verbs: { update: "some clusters let nobody else set `blockOwnerDeletion` on what a session owns" },
  },
  {
    group: "",
    resource: "pods",
    verbs: {
      get: "a pod that somebody else made first is read again; one that should be gone is asked for",
      list: "the pods that an earlier router left are found",
      watch: "progress, readiness and failures of starts are seen as they happen",
      create: "a session starts",
      delete: "a session stops, or its pod has failed",
    },
  },
  {
    group: "",
    resource: "persistentvolumeclaims",
    verbs: {
      get: "a claim that should be gone is asked for",
      list: "the volumes that are there are known",
      watch: "a volume that is lost, pending or on its way out is seen",
      create: "a session gets its volume on its first start",
      delete: "a deleted session's files go",
    },
  },
  {
    group: "",
    // Never listed or watched: each is asked for by its name, so that nobody gets all of them at once.
    resource: "secrets",
    verbs: {
      get: "a person's Secret is written only when it has changed; a session's is removed as it was read",
      create: "a session's key and message, and a person's secrets",
      update: "a new start brings a new message or token; a person changed their secrets",
      patch: "a new sign-in brings a new token for GitHub",
      delete: "a stopped session keeps no secret",
    },
  },
  {
    group: "",
    resource: "configmaps",
    verbs: {
      get: "a start asks whether another image took the place of the configured one",
      create: "an operator puts an image in the place of the configured one",
      update: "the same, once more",
    },
  },
];

/** As Kubernetes writes one rule of a Role. */
export interface PolicyRule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
}

/** The rules of the router's Role. */
export const roleRules = (): PolicyRule[] =>
  RULES.map(({ group, resource, verbs }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs: Object.keys(verbs),
  }));

/** A call to the API: `resource` is the plural, with its subresource if there is one. */
export interface Call {
  readonly verb: string;
  readonly resource: string;
}

export const isCovered = ({ verb, resource }: Call): boolean =>
  RULES.some((rule) => rule.resource === resource && Object.hasOwn(rule.verbs, verb));
