import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ModelsChoice } from "../models/choose.ts";
import { ModelsConfigMap } from "../models/component.ts";
import { serviceAccount } from "../objects/beside-pods.ts";
import { labelsOf, metadataOf } from "../objects/labels.ts";
import { secretData } from "../objects/secret-data.ts";
import type { Settings } from "../settings/settings.ts";
import { API_KEYS, MODELS_MAP } from "./names.ts";
import { prePuller, PRE_PULLER } from "./pre-puller.ts";
import { sessionKind } from "./session-kind.ts";

export interface SessionsArgs {
  readonly settings: Pick<Settings, "name" | "images" | "sessions">;
  /** Of the sessions. */
  readonly namespace: pulumi.Input<string>;
  /** Where the pre-puller is: its pods are none of the sessions', and do not count against their quota. */
  readonly systemNamespace: pulumi.Input<string>;
  readonly models: ModelsChoice;
  /** Of `ImagePullSecrets`, in the namespace of the system. */
  readonly imagePullSecret: pulumi.Input<string> | undefined;
}

const LABELLED = "sessions";

/** What there has to be before a router can make a session, and what all sessions together may use. */
export class Sessions extends pulumi.ComponentResource {
  /** The namespace, when the kind `Session` is there, too. */
  readonly namespace: pulumi.Output<string>;
  /** Undefined where there is no list. */
  readonly models: ModelsConfigMap | undefined;
  readonly #args: SessionsArgs;

  constructor(name: string, args: SessionsArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:sessions:Sessions", name, {}, options);
    this.#args = args;
    const kind = this.#kind();
    this.models = this.#models();
    this.#apiKeys();
    this.#limits();
    this.#defaultAccount();
    if (args.settings.sessions.prePull) this.#prePuller();
    this.namespace = pulumi.all([args.namespace, kind.id]).apply(([namespace]) => namespace);
    this.registerOutputs({ namespace: this.namespace });
  }

  /** When the kind goes, every session of the cluster goes: it outlives the stack. */
  #kind(): kubernetes.apiextensions.v1.CustomResourceDefinition {
    return new kubernetes.apiextensions.v1.CustomResourceDefinition("session", sessionKind(), {
      parent: this,
      protect: true,
      retainOnDelete: true,
    });
  }

  #metadata(name: string) {
    const { settings, namespace } = this.#args;
    return metadataOf({ name: settings.name, namespace }, LABELLED, name);
  }

  #models(): ModelsConfigMap | undefined {
    const { settings, namespace, models: choice } = this.#args;
    if (choice.source === "none") return undefined;
    const labels = labelsOf(settings.name, LABELLED);
    return new ModelsConfigMap("models", { namespace, name: MODELS_MAP, labels, choice }, { parent: this });
  }

  /** Variables of every session; those that run have the old ones until they start again. */
  #apiKeys(): void {
    const keys = Object.entries(this.#args.settings.sessions.secretEnv);
    if (keys.length === 0) return;
    const data = secretData(Object.fromEntries(keys.map(([name, secret]) => [name, secret.reveal()])));
    new kubernetes.core.v1.Secret(API_KEYS, { metadata: this.#metadata(API_KEYS), data }, { parent: this });
  }

  #limits(): void {
    const { quota, limits } = this.#args.settings.sessions;
    const metadata = this.#metadata("sessions");
    if (Object.keys(quota).length > 0)
      new kubernetes.core.v1.ResourceQuota("sessions", { metadata, spec: { hard: { ...quota } } }, { parent: this });
    const given = Object.fromEntries(
      Object.entries(limits).filter(([, amounts]) => Object.keys(amounts ?? {}).length > 0),
    );
    if (Object.keys(given).length > 0)
      new kubernetes.core.v1.LimitRange(
        "sessions",
        { metadata, spec: { limits: [{ type: "Container", ...given }] } },
        { parent: this },
      );
  }

  /** Pods of sessions are this account's, which has no rights: they get no token of it, either. It lives as long as its namespace. */
  #defaultAccount(): void {
    new kubernetes.core.v1.ServiceAccountPatch(
      "default",
      { metadata: { name: "default", namespace: this.#args.namespace }, automountServiceAccountToken: false },
      { parent: this, retainOnDelete: true },
    );
  }

  #prePuller(): void {
    const { settings, systemNamespace, imagePullSecret } = this.#args;
    const metadata = metadataOf({ name: settings.name, namespace: systemNamespace }, PRE_PULLER);
    const account = serviceAccount(metadata, this);
    new kubernetes.apps.v1.DaemonSet(
      PRE_PULLER,
      {
        // A node that is away or full must not fail a deployment.
        metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: prePuller(settings, { serviceAccount: account, imagePullSecret }),
      },
      { parent: this },
    );
  }
}
