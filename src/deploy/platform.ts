import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Database } from "./database/component.ts";
import { ExistingTraefik } from "./edge/existing-traefik.ts";
import { Traefik } from "./edge/traefik.ts";
import { ImagePullSecrets } from "./image-pull.ts";
import type { ModelsChoice } from "./models/choose.ts";
import { Namespaces } from "./namespaces.ts";
import { NetworkPolicies } from "./network-policies/network-policies.ts";
import { platformOutputs, type ModelsOutput, type PlatformOutputs } from "./outputs.ts";
import { Router } from "./router/component.ts";
import { Secrets } from "./secrets.ts";
import { Sessions } from "./sessions/component.ts";
import type { Settings } from "./settings/settings.ts";
import { SignIn } from "./sign-in/sign-in.ts";
import { cloudflareToken } from "./tunnel/config.ts";
import { DnsRecords } from "./tunnel/dns-record.ts";
import { Tunnel } from "./tunnel/tunnel.ts";

export interface PlatformArgs {
  readonly settings: Settings;
  readonly models: ModelsChoice;
}

/** Everything: what a team needs on a cluster that has nothing of it yet. */
export class Platform extends pulumi.ComponentResource {
  readonly outputs: PlatformOutputs;

  constructor(name: string, { settings, models }: PlatformArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:Platform", name, {}, options);
    for (const warning of settings.warnings) void pulumi.log.warn(warning, this);
    const provider = new kubernetes.Provider("cluster", providerArgs(settings), { parent: this });
    const child = { parent: this, providers: { kubernetes: provider } };

    const namespaces = new Namespaces("namespaces", settings, child);
    const policies = new NetworkPolicies("network-policies", { settings, namespaces }, child);
    const secrets = new Secrets("secrets", settings, child);
    const pull = new ImagePullSecrets("image-pull", { ...settings, namespaces }, child).names;
    // No pod starts before the policies of its namespace are there.
    const guarded = { ...child, dependsOn: policies };
    const inEdge = { namespace: namespaces.edge, imagePullSecret: pull?.edge, revisionSalt: secrets.revisionSalt };
    const inSystem = { settings, namespace: namespaces.system, imagePullSecret: pull?.system };

    const sessions = new Sessions(
      "sessions",
      { ...inSystem, models, namespace: namespaces.sessions, systemNamespace: namespaces.system },
      guarded,
    );
    const database = new Database("database", { ...inSystem, revisionSalt: secrets.revisionSalt }, guarded);
    const router = new Router(
      "router",
      { ...inSystem, secrets, sessionsNamespace: sessions.namespace, databaseUrl: database.url },
      guarded,
    );
    new SignIn("sign-in", { ...settings, ...inEdge, cookieSecret: secrets.cookie }, guarded);
    const { traefik, entrance, dns } = settings;
    const { edgeSecret } = router;
    if (traefik.install) new Traefik("traefik", { ...settings, ...inEdge, traefik, edgeSecret }, guarded);
    else new ExistingTraefik("existing-traefik", { settings: { ...settings, traefik }, namespaces, edgeSecret }, child);
    if (entrance.kind === "tunnel") new Tunnel("tunnel", { ...settings, ...inEdge, entrance }, guarded);
    if (dns.manage) new DnsRecords("dns", { ...settings, zoneId: dns.zoneId, readToken: cloudflareToken }, child);

    this.outputs = platformOutputs(settings, modelsOutput(sessions));
    this.registerOutputs(this.outputs);
  }
}

const modelsOutput = ({ models }: Sessions): ModelsOutput =>
  models === undefined ? { source: "none" } : { source: models.source, count: models.count };

/** Another kubeconfig for the same cluster replaces nothing: the cluster is known by the stack's own name. */
const providerArgs = ({ name, kubernetes: { kubeconfig, context } }: Settings): kubernetes.ProviderArgs => ({
  ...(kubeconfig === undefined ? {} : { kubeconfig }),
  ...(context === undefined ? {} : { context }),
  clusterIdentifier: name,
  // A change is written in place: what pods mount keeps its name, and is never gone for a moment.
  enableConfigMapMutable: true,
  enableSecretMutable: true,
});
