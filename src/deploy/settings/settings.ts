import type { Email } from "../../contracts/email.ts";
import type { HostGrammar } from "../../contracts/hosts.ts";
import type { SecretText } from "../../contracts/secret-text.ts";

/** Everything that the configuration of a stack decides, checked and complete. Plain data, without Pulumi. */
export interface Settings {
  /** What the names of all objects begin with. */
  readonly name: string;
  readonly namespaces: { readonly edge: string; readonly system: string; readonly sessions: string };
  readonly kubernetes: { readonly kubeconfig: string | undefined; readonly context: string | undefined };
  readonly hosts: HostSettings;
  readonly images: ImageSettings;
  /** A Docker `config.json` with credentials for the images' registries. */
  readonly imagePullSecret: SecretText | undefined;
  readonly auth: AuthSettings;
  readonly traefik: TraefikSettings;
  readonly entrance: EntranceSettings;
  readonly dns: { readonly manage: false } | { readonly manage: true; readonly zoneId: string };
  readonly router: RouterSettings;
  readonly database: DatabaseSettings;
  readonly sessions: SessionSettings;
  readonly models: ModelSettings;
  readonly cluster: ClusterSettings;
  /** Counts up at each rotation: the edge secrets of this and of the last epoch are both accepted. */
  readonly secretEpoch: number;
  /** Accepted besides in the first epoch, for a rotation from a secret that this program did not make. */
  readonly edgeSecretPrevious: SecretText | undefined;
  /** What is allowed and yet worth a second look, as sentences that start with the key. */
  readonly warnings: readonly string[];
}

export interface HostSettings extends HostGrammar {
  readonly domain: string;
  /** Where the sign-in proxy's own pages and its callback are. */
  readonly oauthHost: string;
}

export interface ImageSettings {
  readonly router: string;
  readonly session: string;
  readonly traefik: string;
  readonly oauth2Proxy: string;
  readonly cloudflared: string;
  readonly postgres: string;
  readonly redis: string;
}

export interface AuthSettings {
  readonly provider:
    | {
        readonly kind: "github";
        readonly org: string | undefined;
        /** Slugs, or `org:slug` without an org. */
        readonly teams: readonly string[];
        readonly users: readonly string[];
      }
    | { readonly kind: "oidc"; readonly issuer: string; readonly groups: readonly string[] };
  readonly clientId: string;
  readonly clientSecret: SecretText;
  readonly allowedEmails: readonly Email[];
  /** `["*"]`: everybody whom the provider's own restriction lets in. */
  readonly allowedEmailDomains: readonly string[];
  readonly scopes: string;
  readonly cookieName: string;
  /** Go durations such as `168h`. */
  readonly cookieExpire: string;
  readonly cookieRefresh: string | undefined;
  /** `deploy`: a Redis that the program runs. */
  readonly sessionStore:
    | { readonly kind: "cookie" }
    | { readonly kind: "redis"; readonly server: "deploy" | SecretText };
  readonly replicas: number;
}

export type TraefikSettings =
  | {
      readonly install: true;
      readonly replicas: number;
      readonly resources: Resources;
      /** Proxies in front whose X-Forwarded-For is believed. */
      readonly trustedIps: readonly string[];
    }
  | {
      readonly install: false;
      readonly namespace: string;
      readonly podLabels: Labels;
      readonly entryPoint: string;
      /** Where the tunnel sends what it gets. */
      readonly serviceUrl: string;
    };

/** How requests reach Traefik. */
export type EntranceSettings =
  | {
      readonly kind: "tunnel";
      /** Made by Cloudflare (`token`), or by `cloudflared tunnel create` (`credentials`). */
      readonly tunnel:
        | { readonly kind: "token"; readonly token: SecretText; readonly id: string }
        | { readonly kind: "credentials"; readonly credentials: SecretText; readonly id: string };
      readonly replicas: number;
    }
  | {
      readonly kind: "service";
      readonly type: "LoadBalancer" | "NodePort" | "ClusterIP";
      readonly annotations: Labels;
      readonly loadBalancerClass: string | undefined;
      /** Empty: everybody. */
      readonly allowedCidrs: readonly string[];
      /** Undefined: the cluster chooses. */
      readonly nodePort: number | undefined;
      readonly tls: TlsSettings;
    }
  /** Traefik is not ours, and neither are its Service and its certificate. */
  | { readonly kind: "existing-traefik" };

/** The wildcard certificate: a Secret that is there, or one that the program makes. PEM. */
export type TlsSettings =
  | { readonly kind: "secret"; readonly name: string }
  | { readonly kind: "pem"; readonly certificate: string; readonly key: SecretText };

export interface RouterSettings {
  readonly replicas: number;
  /** Undefined: no HorizontalPodAutoscaler. */
  readonly hpaMaxReplicas: number | undefined;
  readonly resources: Resources;
  readonly serviceMonitor: boolean;
  /** Whose pods may scrape metrics. */
  readonly monitoringNamespace: string;
  readonly admins: { readonly emails: readonly Email[]; readonly groups: readonly string[] };
  readonly idleTimeoutMinutes: number;
  readonly wakeHoldSeconds: number;
  readonly maxSessionsPerUser: number;
  readonly maxRunningPerUser: number;
  readonly maxConcurrentStarts: number;
  readonly allowedGitHosts: readonly string[];
  readonly githubApiUrl: string;
  readonly defaultGitRepo: string | undefined;
  readonly logLevel: string;
}

export type DatabaseSettings =
  | { readonly kind: "embedded"; readonly volume: VolumeSettings }
  | { readonly kind: "url"; readonly url: SecretText }
  | { readonly kind: "deploy"; readonly volume: VolumeSettings; readonly resources: Resources };

export interface SessionSettings {
  readonly volume: VolumeSettings;
  readonly resources: Resources;
  /** `hard` of the ResourceQuota. */
  readonly quota: Labels;
  /** Of the LimitRange, for each container. */
  readonly limits: LimitSettings;
  readonly runtimeClassName: string | undefined;
  readonly nodeSelector: Labels;
  readonly tolerations: readonly Toleration[];
  readonly chromiumImage: string | undefined;
  readonly env: Labels;
  /** Variables that are secrets: the providers' API keys, and what the operator adds. */
  readonly secretEnv: Readonly<Record<string, SecretText>>;
  /** Undefined: none. Merged last over `opencode.json`. */
  readonly configOverrides: Readonly<Record<string, unknown>> | undefined;
  readonly egressPorts: readonly number[];
  readonly extraEgress: readonly Egress[];
  readonly prePull: boolean;
}

export interface ModelSettings {
  /** `none`: no list of ours; opencode offers what it knows. */
  readonly source: "live" | "snapshot" | "none";
  /** Whether a list that cannot be fetched is an error, and not a warning. */
  readonly required: boolean;
  /** OpenRouter's list, or a mirror's. */
  readonly url: string;
  /** How many of the most popular models that cost something. */
  readonly paidLimit: number;
  /** A list with fewer usable models that cost something is taken for a broken one. */
  readonly minCount: number;
  /** Ids of further ones, however popular; `*` stands for any characters. */
  readonly include: readonly string[];
  /** Ids of models that nobody gets; wins over `include`. The next popular one takes the place. */
  readonly exclude: readonly string[];
}

export interface ClusterSettings {
  readonly podCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  readonly nodeCidrs: readonly string[];
  /** Empty: egress to the API server cannot be told apart, so the pods that need it may go anywhere. */
  readonly apiServerCidrs: readonly string[];
  readonly dns: {
    readonly namespace: string;
    readonly podLabels: Labels;
    readonly port: number;
    readonly nodeLocalCidrs: readonly string[];
  };
}

export type Labels = Readonly<Record<string, string>>;

export interface VolumeSettings {
  /** Undefined: the cluster's default. */
  readonly storageClass: string | undefined;
  readonly size: string;
}

export interface Resources {
  readonly requests: Labels;
  readonly limits: Labels;
}

export interface LimitSettings {
  readonly max?: Labels | undefined;
  readonly min?: Labels | undefined;
  readonly default?: Labels | undefined;
  readonly defaultRequest?: Labels | undefined;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: "Exists" | "Equal";
  readonly value?: string;
  readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
  readonly tolerationSeconds?: number;
}

/** Where sessions may go besides the internet: all TCP ports when none are named. */
export interface Egress {
  readonly cidr: string;
  readonly ports: readonly number[];
}
