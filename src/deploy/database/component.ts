import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { serviceAccount } from "../objects/beside-pods.ts";
import { claim } from "../objects/claim.ts";
import { labelsOf, metadataOf, selectorOf } from "../objects/labels.ts";
import { servicePort } from "../objects/ports.ts";
import { PROGRAMS, SERVICES } from "../objects/programs.ts";
import { REVISION, revisionOf } from "../objects/revision.ts";
import { secretData } from "../objects/secret-data.ts";
import type { DatabaseSettings, Settings } from "../settings/settings.ts";
import { postgresPod, ROLE } from "./pod.ts";

export interface DatabaseArgs {
  readonly settings: Pick<Settings, "name" | "namespaces" | "images" | "database">;
  /** Of the system. */
  readonly namespace: pulumi.Input<string>;
  readonly revisionSalt: pulumi.Input<string>;
  /** Of `ImagePullSecrets`, in that namespace. */
  readonly imagePullSecret: pulumi.Input<string> | undefined;
}

type Deployed = Extract<DatabaseSettings, { kind: "deploy" }>;

const NAME = SERVICES.postgres;

/** Where the router keeps what no `Session` does: an operator's PostgreSQL, one that is deployed here, or none beside its own file. */
export class Database extends pulumi.ComponentResource {
  /** A secret; of one that is deployed here it is there when the database answers. Undefined: the router's own file. */
  readonly url: pulumi.Output<string> | undefined;
  readonly #args: DatabaseArgs;

  constructor(name: string, args: DatabaseArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:database:Database", name, {}, options);
    this.#args = args;
    const { database } = args.settings;
    if (database.kind === "url") this.url = pulumi.secret(database.url.reveal());
    if (database.kind === "deploy") this.url = this.#deployed(database);
    this.registerOutputs({});
  }

  #deployed(database: Deployed): pulumi.Output<string> {
    const { namespaces } = this.#args.settings;
    // The database knows it from its first start on: another one would lock the router out.
    const password = new random.RandomBytes("postgres-password", { length: 32 }, { parent: this, protect: true }).hex;
    const server = this.#server(database, password);
    this.#service();
    const host = `${NAME}.${namespaces.system}.svc.cluster.local:${PROGRAMS.postgres.ports.postgres}`;
    return pulumi.secret(
      pulumi.all([password, server.id]).apply(([text]) => `postgres://${ROLE}:${text}@${host}/${ROLE}`),
    );
  }

  #metadata(name: string = NAME) {
    const { settings, namespace } = this.#args;
    return metadataOf({ name: settings.name, namespace }, NAME, name);
  }

  /** Its volume is no template's: the size of such a one could never be changed, and it would go with the namespace. */
  #server({ volume, resources }: Deployed, password: pulumi.Output<string>): kubernetes.apps.v1.StatefulSet {
    const { settings, revisionSalt, imagePullSecret } = this.#args;
    const account = serviceAccount(this.#metadata(), this);
    const secret = new kubernetes.core.v1.Secret(
      NAME,
      { metadata: this.#metadata(), data: secretData({ password }) },
      { parent: this },
    ).metadata.name;
    const data = claim({ name: "postgres-data", metadata: this.#metadata("postgres-data"), parent: this }, volume);
    const pod = postgresPod(settings, { serviceAccount: account, secret, claim: data, resources, imagePullSecret });
    return new kubernetes.apps.v1.StatefulSet(
      NAME,
      {
        metadata: this.#metadata(),
        spec: {
          // Only its name: the Service is not done before this has a pod.
          serviceName: NAME,
          // One, whose pod is gone before the next one comes: two servers on one volume would destroy it.
          replicas: 1,
          selector: { matchLabels: selectorOf(settings.name, NAME) },
          template: {
            metadata: {
              labels: labelsOf(settings.name, NAME),
              annotations: { [REVISION]: revisionOf(revisionSalt, password) },
            },
            spec: pod,
          },
        },
      },
      { parent: this },
    );
  }

  #service(): void {
    new kubernetes.core.v1.Service(
      NAME,
      {
        metadata: this.#metadata(),
        spec: {
          selector: selectorOf(this.#args.settings.name, NAME),
          ports: [servicePort("postgres", "postgres")],
        },
      },
      { parent: this },
    );
  }
}
