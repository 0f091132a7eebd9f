import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { systemClock } from "../../lib/clock.ts";
import { Secret } from "../../lib/secret.ts";
import {
  ClusterSourceError,
  constantToken,
  readText,
  requirePem,
  tokenFromFile,
  type TokenSource,
} from "./cluster-credentials.ts";
import { readContext, type KubeContext } from "./kubeconfig.ts";

/** Where the API server is, how it proves who it is, and how we do. */
export interface ClusterSource {
  /** Origin, and the path prefix if there is one: `https://10.96.0.1:443/`. */
  readonly server: URL;
  readonly tls: ClusterTls;
  /** Namespace of the pod, or of the kubeconfig's context. */
  readonly namespace?: string;
  /** What to present as bearer token, if anything. */
  readonly token?: TokenSource;
}

/** PEM texts. */
export interface ClusterTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
  /** Name that the server's certificate is for, when it is not the host's. */
  readonly servername?: string;
  /** The server's certificate is not looked at. */
  readonly isUnverified?: boolean;
}

/** What a pod's environment says of the API server. */
export interface PodPlaces {
  /** KUBERNETES_SERVICE_HOST */
  readonly serviceHost: string | undefined;
  /** KUBERNETES_SERVICE_PORT */
  readonly servicePort: string | undefined;
  /** Where the service account is mounted. */
  readonly accountFolder?: string;
}

const ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The cluster that this process runs in as a pod. @throws ClusterSourceError with what is missing */
export async function inClusterSource(places: PodPlaces, clock = systemClock): Promise<ClusterSource> {
  const { serviceHost, servicePort, accountFolder = ACCOUNT_FOLDER } = places;
  const tokenFile = join(accountFolder, "token");
  if (!existsSync(tokenFile))
    throw new ClusterSourceError(
      `no cluster to talk to: ${tokenFile} is not there, so this is no pod with a service account, and KUBECONFIG names no file`,
    );
  if (!serviceHost) throw new ClusterSourceError("KUBERNETES_SERVICE_HOST is not set, which every pod has");
  if (!servicePort) throw new ClusterSourceError("KUBERNETES_SERVICE_PORT is not set, which every pod has");
  const server = `https://${serviceHost.includes(":") ? `[${serviceHost}]` : serviceHost}:${servicePort}`;
  if (!URL.canParse(server))
    throw new ClusterSourceError("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are no address");
  const token = tokenFromFile(tokenFile, clock);
  await token.get();
  const authority = join(accountFolder, "ca.crt");
  const ca = requirePem(await readText(authority), authority);
  const namespace = (await readFile(join(accountFolder, "namespace"), "utf8").catch(() => "")).trim(); // optional
  return { server: new URL(server), tls: { ca }, token, ...(namespace ? { namespace } : {}) };
}

/** The current context of a kubeconfig: one file. @throws ClusterSourceError with what is wrong in it */
export async function kubeconfigSource(path: string, clock = systemClock): Promise<ClusterSource> {
  if (path.includes(":")) throw new ClusterSourceError("KUBECONFIG names several files: name one");
  const source = await readText(path);
  try {
    const context = readContext(source);
    const { cluster, user, server, namespace } = context;
    const near = (file: string) => resolve(dirname(path), file);
    const token = user.tokenFile ? tokenFromFile(near(user.tokenFile), clock) : user.token && constantToken(user.token);
    if (token && server.protocol === "http:")
      throw new ClusterSourceError("a token is sent over https only, and the cluster's server is http");
    if (token) await token.get();
    return {
      server,
      tls: {
        ...(await readCertificates(context, near)),
        ...(cluster["tls-server-name"] ? { servername: cluster["tls-server-name"] } : {}),
        ...(cluster["insecure-skip-tls-verify"] ? { isUnverified: true } : {}),
      },
      ...(namespace ? { namespace } : {}),
      ...(token ? { token } : {}),
    };
  } catch (cause) {
    throw cause instanceof ClusterSourceError ? new ClusterSourceError(`KUBECONFIG ${path}: ${cause.message}`) : cause;
  }
}

async function readCertificates(
  { cluster, user }: KubeContext,
  near: (file: string) => string,
): Promise<Pick<ClusterTls, "ca" | "cert" | "key">> {
  const ca = await readPem(cluster, "certificate-authority", near);
  const cert = await readPem(user, "client-certificate", near);
  const key = await readPem(user, "client-key", near);
  if (cert && !key) throw new ClusterSourceError("the user has a client-certificate and no client-key");
  if (key && !cert) throw new ClusterSourceError("the user has a client-key and no client-certificate");
  return { ...(ca ? { ca } : {}), ...(cert && key ? { cert, key: new Secret(key) } : {}) };
}

/** What an entry gives in base64, or as a path relative to the kubeconfig. */
async function readPem<K extends string>(
  entry: { readonly [key in K | `${K}-data`]?: string | undefined },
  key: K,
  near: (file: string) => string,
): Promise<string | undefined> {
  const data = entry[`${key}-data`];
  if (data) return requirePem(Buffer.from(data, "base64").toString("utf8"), `${key}-data`);
  const file = entry[key];
  return file ? requirePem(await readText(near(file)), near(file)) : undefined;
}
