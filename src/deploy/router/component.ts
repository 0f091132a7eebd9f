import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { roleRules } from "../../contracts/router-rights.ts";
import { disruptionBudget, serviceAccount } from "../objects/beside-pods.ts";
import { claim } from "../objects/claim.ts";
import { labelsOf, metadataOf, selectorOf } from "../objects/labels.ts";
import { servicePort, type PortName } from "../objects/ports.ts";
import { SERVICES } from "../objects/programs.ts";
import { REVISION, revisionOf } from "../objects/revision.ts";
import { secretData } from "../objects/secret-data.ts";
import type { Secrets } from "../secrets.ts";
import { routerEnvironment, type RouterSlice, type SecretName } from "./environment.ts";
import { routerPod, type RouterPodParts } from "./pod.ts";
import { autoscaler, isMany, rollout } from "./rollout.ts";
import { sessionFiles } from "./session-files.ts";

export interface RouterArgs {
  readonly settings: RouterSlice;
  readonly namespace: pulumi.Input<string>;
  /** Where the router has its rights: of a `Sessions`, so that what the router needs there is there first. */
  readonly sessionsNamespace: pulumi.Input<string>;
  readonly secrets: Pick<Secrets, "edge" | "edgePrevious" | "sessionId" | "token" | "admin" | "revisionSalt">;
  /** Of a `Database`: undefined with the embedded one. */
  readonly databaseUrl: pulumi.Input<string> | undefined;
  /** Of `ImagePullSecrets`, in the router's namespace. */
  readonly imagePullSecret: pulumi.Input<string> | undefined;
}

const NAME = "router";
const DATA_CLAIM = "router-data";

/** The front door: its Deployment and Services, and its rights among the sessions. */
export class Router extends pulumi.ComponentResource {
  /**
   * The edge secret, once every router accepts it: who sends this one to them fails no request during a rotation, for until then
   * they know the one before, and after it both.
   */
  readonly edgeSecret: pulumi.Output<string>;
  readonly #args: RouterArgs;

  constructor(name: string, args: RouterArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:router:Router", name, {}, options);
    this.#args = args;
    const { router } = args.settings;
    const deployment = this.#deployment();
    this.#service(SERVICES.router, "public");
    this.#service(SERVICES.attach, "attach");
    this.#service(SERVICES.internal, "internal");
    if (isMany(router)) disruptionBudget(args.settings.name, this.#metadata(), this);
    if (router.hpaMaxReplicas !== undefined) this.#autoscaler(autoscaler(router.replicas, router.hpaMaxReplicas));
    if (router.serviceMonitor) this.#serviceMonitor();
    this.edgeSecret = pulumi.secret(pulumi.all([args.secrets.edge, deployment.id]).apply(([secret]) => secret));
    this.registerOutputs({});
  }

  #metadata(name: string = NAME) {
    const { settings, namespace } = this.#args;
    return metadataOf({ name: settings.name, namespace }, NAME, name);
  }

  #deployment(): kubernetes.apps.v1.Deployment {
    const { settings, secrets, databaseUrl, imagePullSecret } = this.#args;
    const texts: Partial<Record<SecretName, pulumi.Input<string> | undefined>> = {
      EDGE_SECRET: secrets.edge,
      EDGE_SECRET_PREVIOUS: secrets.edgePrevious,
      SESSION_ID_SECRET: secrets.sessionId,
      TOKEN_SECRET: secrets.token,
      ADMIN_SECRET: secrets.admin,
      DATABASE_URL: databaseUrl,
    };
    const given = (Object.keys(texts) as SecretName[]).filter((name) => texts[name] !== undefined);
    const files = sessionFiles(settings.sessions);
    const { account, binding } = this.#rights();
    const environment = routerEnvironment(settings, given);
    const parts: RouterPodParts = {
      environment,
      serviceAccount: account,
      secret: this.#secret(texts),
      files: this.#files(files),
      claim: settings.database.kind === "embedded" ? this.#claim(settings.database.volume) : undefined,
      imagePullSecret,
    };
    const revision = revisionOf(secrets.revisionSalt, environment, files, ...given.map((name) => texts[name]));
    const labels = labelsOf(settings.name, NAME);
    return new kubernetes.apps.v1.Deployment(
      NAME,
      {
        metadata: this.#metadata(),
        spec: {
          ...rollout(settings),
          selector: { matchLabels: selectorOf(settings.name, NAME) },
          template: {
            metadata: { labels, annotations: { [REVISION]: revision } },
            spec: routerPod(settings, parts),
          },
        },
      },
      // A router without its rights ends at once.
      { parent: this, dependsOn: binding },
    );
  }

  /** In the sessions' namespace only; nothing of the cluster, and nothing in its own namespace. */
  #rights() {
    const { settings, namespace, sessionsNamespace } = this.#args;
    const account = serviceAccount(this.#metadata(), this);
    const metadata = metadataOf({ name: settings.name, namespace: sessionsNamespace }, NAME);
    const role = new kubernetes.rbac.v1.Role(NAME, { metadata, rules: roleRules() }, { parent: this });
    const binding = new kubernetes.rbac.v1.RoleBinding(
      NAME,
      {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
        subjects: [{ kind: "ServiceAccount", name: account, namespace }],
      },
      { parent: this },
    );
    return { account, binding };
  }

  #secret(texts: Partial<Record<SecretName, pulumi.Input<string> | undefined>>): pulumi.Output<string> {
    return new kubernetes.core.v1.Secret(
      NAME,
      { metadata: this.#metadata(), data: secretData(texts) },
      { parent: this },
    ).metadata.name;
  }

  #files(files: Readonly<Record<string, string>>): pulumi.Output<string> | undefined {
    if (Object.keys(files).length === 0) return undefined;
    const metadata = this.#metadata("router-sessions");
    return new kubernetes.core.v1.ConfigMap("router-sessions", { metadata, data: files }, { parent: this }).metadata
      .name;
  }

  #claim(volume: Parameters<typeof claim>[1]): pulumi.Output<string> {
    return claim({ name: DATA_CLAIM, metadata: this.#metadata(DATA_CLAIM), parent: this }, volume);
  }

  #service(name: string, port: PortName<"router">): void {
    new kubernetes.core.v1.Service(
      name,
      {
        metadata: this.#metadata(name),
        spec: {
          selector: selectorOf(this.#args.settings.name, NAME),
          ports: [servicePort("router", port)],
        },
      },
      { parent: this },
    );
  }

  #autoscaler(spec: kubernetes.types.input.autoscaling.v2.HorizontalPodAutoscalerSpec): void {
    new kubernetes.autoscaling.v2.HorizontalPodAutoscaler(NAME, { metadata: this.#metadata(), spec }, { parent: this });
  }

  /** For Prometheus' operator, whose kinds have to be there. */
  #serviceMonitor(): void {
    new kubernetes.apiextensions.CustomResource(
      "router-monitor",
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "ServiceMonitor",
        metadata: this.#metadata(),
        spec: {
          // Of the three Services, one has a port of this name.
          selector: { matchLabels: selectorOf(this.#args.settings.name, NAME) },
          endpoints: [{ port: "internal", path: "/metrics", interval: "30s" }],
        },
      },
      { parent: this },
    );
  }
}
