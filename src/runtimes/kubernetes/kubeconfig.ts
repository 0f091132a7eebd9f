import { parse } from "yaml";
import { z } from "zod";
import { ClusterSourceError } from "./cluster-credentials.ts";

/** kubectl writes what is not there as empty, too. */
const text = z.string().optional();

const Cluster = z.object({
  server: z.string(),
  "certificate-authority": text,
  "certificate-authority-data": text,
  "insecure-skip-tls-verify": z.boolean().optional(),
  "tls-server-name": text,
  "proxy-url": text,
});

const User = z.object({
  token: text,
  tokenFile: text,
  "client-certificate": text,
  "client-certificate-data": text,
  "client-key": text,
  "client-key-data": text,
  exec: z.unknown().optional(),
  "auth-provider": z.unknown().optional(),
  username: z.unknown().optional(),
  password: z.unknown().optional(),
  as: z.unknown().optional(),
});

const Kubeconfig = z.object({
  "current-context": z.string().min(1),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: text, namespace: text }) }),
  ),
  clusters: z.array(z.object({ name: z.string(), cluster: Cluster })),
  users: z.array(z.object({ name: z.string(), user: User.nullish() })).nullish(),
});

const UNSUPPORTED = ["exec", "auth-provider", "username", "password", "as"] as const;

/** What the current context of a kubeconfig names. */
export interface KubeContext {
  readonly server: URL;
  readonly cluster: z.infer<typeof Cluster>;
  readonly user: z.infer<typeof User>;
  readonly namespace?: string;
}

/** @throws ClusterSourceError, which names what is wrong and shows no value of the file */
export function readContext(source: string): KubeContext {
  const config = parseKubeconfig(source);
  const current = config["current-context"];
  const context = config.contexts.find(({ name }) => name === current)?.context;
  if (!context) throw new ClusterSourceError(`there is no context "${current}", which current-context names`);
  const cluster = config.clusters.find(({ name }) => name === context.cluster)?.cluster;
  if (!cluster)
    throw new ClusterSourceError(`there is no cluster "${context.cluster}", which context "${current}" names`);
  const named = config.users?.find(({ name }) => name === context.user);
  if (context.user && !named)
    throw new ClusterSourceError(`there is no user "${context.user}", which context "${current}" names`);
  const user = named?.user ?? {};
  const foreign = UNSUPPORTED.find((key) => user[key] !== undefined && user[key] !== null);
  if (foreign)
    throw new ClusterSourceError(
      `user "${context.user}" signs in by ${foreign}, which is not supported: use token, tokenFile or client-certificate`,
    );
  if (cluster["proxy-url"])
    throw new ClusterSourceError(`cluster "${context.cluster}" is behind a proxy-url, which is not supported`);
  const { namespace } = context;
  return { server: parseServer(cluster.server), cluster, user, ...(namespace ? { namespace } : {}) };
}

function parseKubeconfig(source: string): z.infer<typeof Kubeconfig> {
  let document: unknown;
  try {
    document = parse(source);
  } catch {
    // The parser's own message shows the line, and with it perhaps a token.
    throw new ClusterSourceError("it is not YAML");
  }
  const parsed = Kubeconfig.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ClusterSourceError(`${issue?.path.join(".") || "it"} is not as in a kubeconfig: ${issue?.message}`);
}

function parseServer(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    throw new ClusterSourceError("the cluster's server is not an http or https URL without credentials");
  return url;
}
