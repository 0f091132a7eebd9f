import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { metadataOf } from "../objects/labels.ts";
import type { Zone } from "../objects/programs.ts";
import type { Settings, TraefikSettings } from "../settings/settings.ts";
import { edgeOf, type EdgeSlice, type PlainEdge } from "./edge-of-settings.ts";
import { traefikObjects, type TraefikObject } from "./render-crd.ts";

export interface ExistingTraefikArgs {
  readonly settings: EdgeSlice &
    Pick<Settings, "name"> & { readonly traefik: Extract<TraefikSettings, { install: false }> };
  /** The namespaces of the sign-in and of the router: the objects are where the Services are that they name. */
  readonly namespaces: Readonly<Record<Exclude<Zone, "sessions">, pulumi.Input<string>>>;
  readonly edgeSecret: pulumi.Input<string>;
}

/** The routes for a Traefik that is there, as objects that it watches for. Its resource definitions must be in the cluster. */
export class ExistingTraefik extends pulumi.ComponentResource {
  constructor(name: string, args: ExistingTraefikArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:edge:ExistingTraefik", name, {}, options);
    const { settings } = args;
    const edge = edgeOf(settings);
    const withSecret = (edgeSecret: string) => traefikObjects({ ...edge, edgeSecret }, { prefix: settings.name });
    for (const [index, object] of withSecret(PLACE).entries()) {
      // Only what says the secret is one: a preview shows all other routes.
      const spec = JSON.stringify(object.spec).includes(PLACE)
        ? pulumi.secret(pulumi.output(args.edgeSecret).apply((secret) => withSecret(secret)[index]?.spec))
        : object.spec;
      this.#register(object, { zone: zoneOf(object, edge), spec, args });
    }
    this.registerOutputs({});
  }

  #register({ apiVersion, kind, metadata }: TraefikObject, { zone, spec, args }: Placed): void {
    new kubernetes.apiextensions.CustomResource(
      // Some are in both namespaces, under the same name.
      `${zone}-${metadata.name}`,
      {
        apiVersion,
        kind,
        metadata: metadataOf({ name: args.settings.name, namespace: args.namespaces[zone] }, "traefik", metadata.name),
        spec,
      },
      { parent: this },
    );
  }
}

interface Placed {
  readonly zone: Exclude<Zone, "sessions">;
  readonly spec: unknown;
  readonly args: ExistingTraefikArgs;
}

/** Stands for the secret where only the place of it matters. */
const PLACE = "{edge-secret}";

const zoneOf = ({ metadata }: TraefikObject, { services }: PlainEdge): Placed["zone"] =>
  metadata.namespace === services["oauth2-proxy"].namespace ? "edge" : "system";
