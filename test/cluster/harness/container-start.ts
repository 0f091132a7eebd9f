import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { Container } from "./container.ts";
import type { Image } from "./image.ts";
import { ConfigProblem, containerEnv, expand, type Env } from "./pod-env.ts";
import { identity, podFields, readValues, type PodHost } from "./pod-host.ts";
import { volumeMounts } from "./pod-volumes.ts";

/** Much shorter than a kubelet's 10 seconds to 5 minutes: nobody's registry is to be spared. */
const RETRY_MS = 1_000;
const IMAGE_NAME = /^[a-z0-9]+([._:/@-]+[a-zA-Z0-9]+)*$/;

export interface ContainerStart {
  readonly host: PodHost;
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly volumes: ReadonlyMap<string, string>;
  readonly folder: string;
  readonly podIP: string;
  /** What the node adds to the environment, because all pods share this machine's network. */
  readonly injected: Env;
  readonly signal: AbortSignal;
  /** Why the container does not start yet. */
  waiting(reason: string, message: string): void;
}

/** Starts a container as soon as its image and its configuration are there. @throws when the signal fires */
export async function startContainer(start: ContainerStart): Promise<Container> {
  for (;;) {
    const image = await pull(start);
    try {
      return await startWith(image, start);
    } catch (error) {
      if (!(error instanceof ConfigProblem)) throw error;
      start.waiting("CreateContainerConfigError", error.message);
    }
    await delay(RETRY_MS, undefined, { signal: start.signal });
  }
}

async function pull({ host, container: { image: name = "" }, signal, waiting }: ContainerStart): Promise<Image> {
  if (!IMAGE_NAME.test(name)) {
    const cause = `couldn't parse image name "${name}": invalid reference format`;
    waiting("InvalidImageName", `Failed to apply default image tag "${name}": ${cause}`);
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  }
  for (;;) {
    signal.throwIfAborted();
    const image = host.image(name);
    if (image !== undefined) return image;
    const cause = `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`;
    waiting("ErrImagePull", `rpc error: code = NotFound desc = ${cause}`);
    await delay(RETRY_MS, undefined, { signal });
    waiting(
      "ImagePullBackOff",
      `Back-off pulling image "${name}": ErrImagePull: rpc error: code = NotFound desc = ${cause}`,
    );
    await delay(RETRY_MS, undefined, { signal });
  }
}

async function startWith(image: Image, start: ContainerStart): Promise<Container> {
  const { host, pod, container, podIP } = start;
  const namespace = pod.metadata?.namespace ?? "";
  const asked = await containerEnv(container, {
    values: (kind, name) => readValues(host.api, { namespace, kind, name }),
    fields: podFields(pod, podIP),
  });
  const user = identity(pod, container, image);
  if ((container.securityContext?.runAsNonRoot ?? pod.spec?.securityContext?.runAsNonRoot) && user.uid === 0)
    throw new ConfigProblem("container has runAsNonRoot and image will run as root");
  const own = await volumeMounts(container, start.volumes);
  const command = [...(container.command ?? image.entrypoint), ...(container.args ?? [])];
  return Container.start({
    keeper: host.keeper,
    folder: join(start.folder, container.name),
    plan: {
      ...user,
      mounts: [...image.mounts, ...host.shared, ...own],
      workdir: container.workingDir ?? image.workdir,
    },
    env: { ...image.env, ...serviceEnv(start), ...asked, ...start.injected },
    command: command.map((word) => expand(word, asked)),
  });
}

/** What every container of a cluster has. */
const serviceEnv = ({ pod, host }: ContainerStart): Env => ({
  HOSTNAME: pod.metadata?.name ?? "",
  KUBERNETES_SERVICE_HOST: "127.0.0.1",
  KUBERNETES_SERVICE_PORT: String(host.apiPort),
});
