import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { traefikUrl } from "../edge/edge-of-settings.ts";
import { deployEdgeProgram } from "../edge/edge-program.ts";
import { metadataOf } from "../objects/labels.ts";
import { revisionOf } from "../objects/revision.ts";
import { secretData } from "../objects/secret-data.ts";
import type { EntranceSettings, Settings } from "../settings/settings.ts";
import { cloudflaredConfig } from "./cloudflared-config.ts";
import {
  cloudflaredArgs,
  cloudflaredContainer,
  cloudflaredVolumes,
  CONFIG_FILE,
  CREDENTIALS_PATH,
  POD_GRACE_SECONDS,
  SECRET_FILE,
} from "./tunnel-pod.ts";

const PROGRAM = "cloudflared";
/** Of the image: nonroot. */
const USER = 65_532;

export interface TunnelArgs extends Pick<Settings, "name" | "namespaces" | "hosts" | "images" | "traefik"> {
  readonly entrance: Extract<EntranceSettings, { kind: "tunnel" }>;
  /** Of the edge. */
  readonly namespace: pulumi.Input<string>;
  readonly revisionSalt: pulumi.Input<string>;
  /** Of `ImagePullSecrets`, in that namespace. */
  readonly imagePullSecret: pulumi.Input<string> | undefined;
}

/**
 * cloudflared: Cloudflare's end in the cluster. With a token, Cloudflare's pages say where requests go: they must send all
 * hosts to `target`. With credentials, it is said here.
 */
export class Tunnel extends pulumi.ComponentResource {
  /** URL of Traefik inside of the cluster, for the tunnel's public hostname at Cloudflare. */
  readonly target: string;

  constructor(name: string, args: TunnelArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:tunnel:Tunnel", name, {}, options);
    const { tunnel, replicas } = args.entrance;
    this.target = traefikUrl(args);
    const secretText = (tunnel.kind === "token" ? tunnel.token : tunnel.credentials).reveal();
    const config = tunnel.kind === "credentials" ? this.#config(args, tunnel.id) : undefined;
    const metadata = metadataOf(args, PROGRAM);
    const secret = new kubernetes.core.v1.Secret(
      PROGRAM,
      { metadata, type: "Opaque", data: secretData({ [SECRET_FILE[tunnel.kind]]: secretText }) },
      { parent: this },
    );
    const configMap =
      config === undefined
        ? undefined
        : new kubernetes.core.v1.ConfigMap(PROGRAM, { metadata, data: { [CONFIG_FILE]: config } }, { parent: this });
    deployEdgeProgram(
      {
        prefix: args.name,
        program: PROGRAM,
        namespace: args.namespace,
        replicas,
        user: USER,
        container: cloudflaredContainer(args.images.cloudflared, tunnel.kind),
        volumes: cloudflaredVolumes(secret.metadata.name, configMap?.metadata.name),
        graceSeconds: POD_GRACE_SECONDS,
        revision: revisionOf(
          args.revisionSalt,
          cloudflaredArgs(tunnel.kind),
          pulumi.secret(secretText),
          config ?? null,
        ),
        imagePullSecret: args.imagePullSecret,
      },
      this,
    );
    this.registerOutputs({ target: this.target });
  }

  #config({ hosts }: TunnelArgs, tunnelId: string): string {
    return cloudflaredConfig({ tunnelId, credentialsFile: CREDENTIALS_PATH, hosts, target: this.target });
  }
}
