import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { metadataOf, selectorOf } from "../objects/labels.ts";
import { SERVICES } from "../objects/programs.ts";
import { revisionOf } from "../objects/revision.ts";
import { secretData } from "../objects/secret-data.ts";
import type { Settings, TlsSettings, TraefikSettings } from "../settings/settings.ts";
import { edgeOf, type EdgeSlice } from "./edge-of-settings.ts";
import { deployEdgeProgram } from "./edge-program.ts";
import { dynamicConfig, staticConfig } from "./render-file.ts";
import {
  POD_GRACE_SECONDS,
  ROUTES_KEY,
  STATIC_KEY,
  traefikContainer,
  traefikOptions,
  traefikPorts,
  traefikVolumes,
  type TraefikFiles,
} from "./traefik-pod.ts";
import { traefikServiceSpec } from "./traefik-service.ts";
import { unknownVersion, versionOfImage } from "./traefik-version.ts";

const PROGRAM = "traefik";
/** Nobody in particular. */
const USER = 65_532;

export interface TraefikArgs extends EdgeSlice, Pick<Settings, "name" | "images"> {
  readonly traefik: Extract<TraefikSettings, { install: true }>;
  /** Of the edge. */
  readonly namespace: pulumi.Input<string>;
  readonly edgeSecret: pulumi.Input<string>;
  readonly revisionSalt: pulumi.Input<string>;
  /** Of `ImagePullSecrets`, in that namespace. */
  readonly imagePullSecret: pulumi.Input<string> | undefined;
}

/** A Traefik of ours. It has its routes from a mounted file, and no rights in the cluster. */
export class Traefik extends pulumi.ComponentResource {
  constructor(name: string, args: TraefikArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:edge:Traefik", name, {}, options);
    const { images, entrance, namespace, edgeSecret } = args;
    if (versionOfImage(images.traefik) === undefined) void pulumi.log.warn(unknownVersion(images.traefik), this);
    const edge = edgeOf(args);
    const own = traefikOptions(edge, args);
    const tlsSecret = entrance.kind === "service" ? this.#tlsSecret(args, entrance.tls) : undefined;
    const routes = pulumi.output(edgeSecret).apply((secret) => dynamicConfig({ ...edge, edgeSecret: secret }, own));
    const files: TraefikFiles = {
      staticMap: this.#configMap(args, staticConfig(own)),
      routesSecret: this.#secret(args, { name: "traefik-routes", texts: { [ROUTES_KEY]: routes } }),
      tlsSecret,
    };
    deployEdgeProgram(
      {
        prefix: args.name,
        program: PROGRAM,
        namespace,
        replicas: args.traefik.replicas,
        user: USER,
        ports: traefikPorts(args),
        container: traefikContainer(images.traefik, args.traefik.resources),
        volumes: traefikVolumes(files),
        graceSeconds: POD_GRACE_SECONDS,
        // The routes and the certificate are watched: another secret must not end what is open.
        revision: revisionOf(args.revisionSalt, staticConfig(own)),
        imagePullSecret: args.imagePullSecret,
      },
      this,
    );
    this.#service(args);
    this.registerOutputs({});
  }

  #configMap(args: TraefikArgs, text: string): pulumi.Output<string> {
    const metadata = metadataOf(args, PROGRAM);
    return new kubernetes.core.v1.ConfigMap(PROGRAM, { metadata, data: { [STATIC_KEY]: text } }, { parent: this })
      .metadata.name;
  }

  #secret(args: TraefikArgs, { name, type = "Opaque", texts }: SecretContent): pulumi.Output<string> {
    return new kubernetes.core.v1.Secret(
      name,
      { metadata: metadataOf(args, PROGRAM, name), type, data: secretData(texts) },
      { parent: this },
    ).metadata.name;
  }

  #tlsSecret(args: TraefikArgs, tls: TlsSettings): pulumi.Input<string> {
    if (tls.kind === "secret") return tls.name;
    const texts = { "tls.crt": tls.certificate, "tls.key": tls.key.reveal() };
    return this.#secret(args, { name: "traefik-tls", type: "kubernetes.io/tls", texts });
  }

  #service(args: TraefikArgs): void {
    const { entrance } = args;
    const annotations = entrance.kind === "service" ? { annotations: { ...entrance.annotations } } : {};
    new kubernetes.core.v1.Service(
      SERVICES.traefik,
      {
        metadata: { ...metadataOf(args, PROGRAM, SERVICES.traefik), ...annotations },
        spec: traefikServiceSpec(entrance, selectorOf(args.name, PROGRAM)),
      },
      { parent: this },
    );
  }
}

interface SecretContent {
  readonly name: string;
  readonly type?: string;
  readonly texts: Record<string, pulumi.Input<string>>;
}
