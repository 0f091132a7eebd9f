import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { metadataOf } from "./objects/labels.ts";
import type { Zone } from "./objects/programs.ts";
import { secretData } from "./objects/secret-data.ts";
import type { Settings } from "./settings/settings.ts";

/** What the router gets as `IMAGE_PULL_SECRET_NAME`, and every pod of the stack names. */
export const IMAGE_PULL_SECRET = "image-pull";

export interface ImagePullSecretsArgs extends Pick<Settings, "name" | "imagePullSecret"> {
  readonly namespaces: Readonly<Record<Zone, pulumi.Input<string>>>;
}

/** The credentials of the images' registries, in every namespace that pulls: the kubelet reads them nowhere else. */
export class ImagePullSecrets extends pulumi.ComponentResource {
  /** The name of the Secret in each namespace; undefined where the images need none. */
  readonly names: Readonly<Record<Zone, pulumi.Output<string>>> | undefined;

  constructor(name: string, args: ImagePullSecretsArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:ImagePullSecrets", name, {}, options);
    const credentials = args.imagePullSecret;
    if (credentials !== undefined) {
      const secretIn = (zone: Zone) =>
        new kubernetes.core.v1.Secret(
          `${IMAGE_PULL_SECRET}-${zone}`,
          {
            metadata: metadataOf({ name: args.name, namespace: args.namespaces[zone] }, IMAGE_PULL_SECRET),
            type: "kubernetes.io/dockerconfigjson",
            data: secretData({ ".dockerconfigjson": credentials.reveal() }),
          },
          { parent: this },
        ).metadata.name;
      this.names = { edge: secretIn("edge"), system: secretIn("system"), sessions: secretIn("sessions") };
    }
    this.registerOutputs({});
  }
}

/** Of a pod whose images come from a registry with credentials. */
export const pulledWith = (
  secret: pulumi.Input<string> | undefined,
): { imagePullSecrets?: { name: pulumi.Input<string> }[] } =>
  secret === undefined ? {} : { imagePullSecrets: [{ name: secret }] };
