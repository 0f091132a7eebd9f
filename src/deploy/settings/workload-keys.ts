import { key, secretKey, type Key } from "./key.ts";
import {
  cidr,
  databaseUrl,
  emailAddress,
  fetchUrl,
  flag,
  gitHost,
  image,
  integer,
  longSecret,
  namespaceName,
  objectName,
  oneOf,
  optional,
  port,
  quantity,
  repository,
  restApi,
  secretText,
  text,
  word,
} from "./plain-kinds.ts";
import {
  anyObject,
  egress,
  environment,
  labels,
  limits,
  list,
  quantityMap,
  resources,
  secretEnvironment,
  tolerations,
} from "./structured-kinds.ts";

const ROUTER = {
  "router.replicas": key(integer(1, 1, 20), "Pods of the router; more than one need PostgreSQL"),
  "router.hpaMaxReplicas": key(
    integer(0, 0, 50),
    "A HorizontalPodAutoscaler adds pods up to this many; `0`: there is none",
  ),
  "router.resources": key(
    resources({ requests: { cpu: "100m", memory: "192Mi" }, limits: { memory: "512Mi" } }),
    "Requests and limits of the router",
  ),
  "router.serviceMonitor": key(flag(false), "Whether a ServiceMonitor tells Prometheus' operator of the router"),
  "router.monitoringNamespace": key(text("monitoring", namespaceName), "Namespace whose pods may scrape metrics"),
  "router.admins": key(list(emailAddress), "Administrators"),
  "router.adminGroups": key(list(word), "Groups of administrators, as the provider names them"),
  "router.idleTimeoutMinutes": key(
    integer(30, 1, 525_600),
    "A session that nobody uses and whose agent rests is stopped after this",
  ),
  "router.wakeHoldSeconds": key(integer(25, 0, 600), "How long a request waits for a stopped session to start"),
  "router.maxSessionsPerUser": key(integer(20, 1, 100_000), "Sessions that one person may have"),
  "router.maxRunningPerUser": key(integer(5, 1, 100_000), "Sessions of one person that may run at once"),
  "router.maxConcurrentStarts": key(integer(16, 1, 10_000), "Sessions that may be starting at once"),
  "router.allowedGitHosts": key(
    list(gitHost),
    "Git hosts (`host` or `host:port`) that may be private or use plain http",
  ),
  "router.githubApiUrl": key(
    text("https://api.github.com", restApi),
    "GitHub's REST API; of an Enterprise Server `https://<host>/api/v3`",
  ),
  "router.defaultGitRepo": key(optional(repository), "Repository that the form for a new session starts with"),
  "router.logLevel": key(oneOf(["debug", "info", "warn", "error", "silent"], "info"), "How much the router logs"),
} as const;

const DATABASE = {
  "database.kind": key(
    oneOf(["embedded", "url", "deploy"], "embedded"),
    "`embedded`: SQLite on a volume, one router. `url`: a PostgreSQL of yours. `deploy`: one that the program runs",
  ),
  "database.url": secretKey(secretText(databaseUrl("postgres", "postgresql")), "Address of your PostgreSQL"),
  "database.storageClass": key(optional(objectName), "Storage class of the volume; default: the cluster's own"),
  "database.storageSize": key(text("5Gi", quantity), "Size of the volume"),
  "database.resources": key(
    resources({ requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } }),
    "Requests and limits of a deployed PostgreSQL",
  ),
} as const;

const SESSIONS = {
  "sessions.storageClass": key(
    optional(objectName),
    "Storage class of the sessions' volumes; default: the cluster's own",
  ),
  "sessions.storageSize": key(text("10Gi", quantity), "Size of a session's volume"),
  "sessions.resources": key(
    resources({ requests: { cpu: "250m", memory: "512Mi" }, limits: { cpu: "4", memory: "4Gi" } }),
    "Requests and limits of a session",
  ),
  "sessions.quota": key(
    quantityMap({ pods: "200", persistentvolumeclaims: "1000", "requests.storage": "10Ti" }),
    "What all sessions together may use: `hard` of the ResourceQuota",
  ),
  "sessions.limits": key(limits, "`max`, `min`, `default`, `defaultRequest` of a container: the LimitRange"),
  "sessions.runtimeClassName": key(optional(objectName), "Runtime class of sessions, such as `gvisor`"),
  "sessions.nodeSelector": key(labels({}), "Labels of the nodes for sessions"),
  "sessions.tolerations": key(tolerations, "Tolerations of sessions"),
  "sessions.chromiumImage": key(optional(image), "Image of a headless Chromium beside each session, on loopback 9222"),
  "sessions.env": key(environment, "Variables of every session"),
  "sessions.secretEnv": secretKey(
    secretEnvironment,
    "Variables of every session that are secrets, such as `ANTHROPIC_API_KEY`, as JSON",
  ),
  "sessions.configOverrides": key(anyObject, "Merged over `opencode.json` of every session, last"),
  "sessions.egressPorts": key(list(port, [22, 80, 443, 9418]), "TCP ports that sessions reach on the internet"),
  "sessions.extraEgress": key(egress, "Private ranges that sessions reach besides: `cidr` and, unless all, `ports`"),
  "sessions.prePull": key(flag(false), "Whether every node pulls the image of sessions in advance"),
  "openrouter.apiKey": secretKey(secretText(word), "OpenRouter's key for all sessions: `OPENROUTER_API_KEY`"),
  "openrouter.freeApiKey": secretKey(
    secretText(word),
    "Another one for the free models: `OPENROUTER_FREE_API_KEY`; default the first",
  ),
} as const;

const MODELS = {
  "models.source": key(
    oneOf(["live", "snapshot", "none"], "live"),
    "OpenRouter's list of now, the one in the repository, or no list",
  ),
  "models.required": key(
    flag(false),
    "Whether a list that cannot be fetched is an error; else the last good one is kept",
  ),
  "models.url": key(text("https://openrouter.ai/api/v1/models", fetchUrl), "Where the list is fetched"),
  "models.paidLimit": key(integer(20, 0, 1000), "How many of the most popular paid models are offered"),
  "models.minCount": key(integer(10, 1, 1000), "A list with fewer models is taken for broken"),
  "models.include": key(list(word), "Models that are offered in any case"),
  "models.exclude": key(list(word), "Models that are never offered"),
} as const;

const CLUSTER = {
  "cluster.podCidrs": key(list(cidr), "Ranges of pods, where they are not private: no session reaches them"),
  "cluster.serviceCidrs": key(list(cidr), "Ranges of Services, likewise"),
  "cluster.nodeCidrs": key(list(cidr), "Ranges of nodes, likewise"),
  "cluster.apiServerCidrs": key(
    list(cidr),
    "Ranges of the API server; without them the router's way out is not restricted",
  ),
  "cluster.dnsNamespace": key(text("kube-system", namespaceName), "Namespace of the cluster's DNS"),
  "cluster.dnsPodLabels": key(labels({ "k8s-app": "kube-dns" }), "Labels of its pods"),
  "cluster.dnsPort": key(integer(53, 1, 65_535), "Port of its pods"),
  "cluster.nodeLocalDnsCidrs": key(list(cidr, ["169.254.20.10/32"]), "Addresses of a DNS cache on the nodes"),
} as const;

const ROTATION = {
  secretEpoch: key(integer(1, 1, 1_000_000), "Count up to rotate the edge secret; the one before stays accepted"),
  edgeSecretPrevious: secretKey(
    secretText(longSecret),
    "One more edge secret that is accepted, for a rotation from one that this program did not make",
  ),
} as const;

/** What runs behind the edge, in the order of the README. */
export const WORKLOAD_KEYS = {
  ...ROUTER,
  ...DATABASE,
  ...SESSIONS,
  ...MODELS,
  ...CLUSTER,
  ...ROTATION,
} as const satisfies Record<string, Key>;
