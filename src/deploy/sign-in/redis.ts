import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { deployEdgeProgram, tcpProbes, type Container } from "../edge/edge-program.ts";
import { metadataOf, selectorOf } from "../objects/labels.ts";
import { servicePort } from "../objects/ports.ts";
import { PROGRAMS, SERVICES } from "../objects/programs.ts";
import { revisionOf } from "../objects/revision.ts";
import { secretData } from "../objects/secret-data.ts";
import type { Settings } from "../settings/settings.ts";

const PROGRAM = "redis";
/** Of the image: the user redis. */
const USER = 999;
const PORT = PROGRAMS.redis.ports.redis;
const FOLDER = "/etc/redis";
const CONFIG_KEY = "redis.conf";

export interface RedisArgs extends Pick<Settings, "name" | "images"> {
  /** Of the edge. */
  readonly namespace: pulumi.Input<string>;
  readonly revisionSalt: pulumi.Input<string>;
  /** Of `ImagePullSecrets`, in that namespace. */
  readonly imagePullSecret: pulumi.Input<string> | undefined;
}

/**
 * A Redis for the sign-ins, in memory alone: when its pod is replaced, people sign in again, which they hardly notice as long as
 * their provider still knows them.
 */
export class Redis extends pulumi.ComponentResource {
  /** With the password in it: a secret. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: RedisArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:sign-in:Redis", name, {}, options);
    const { namespace } = args;
    const password = new random.RandomBytes("redis-password", { length: 32 }, { parent: this }).hex;
    const config = password.apply(redisConfig);
    const metadata = metadataOf(args, PROGRAM);
    const secret = new kubernetes.core.v1.Secret(
      PROGRAM,
      { metadata, type: "Opaque", data: secretData({ [CONFIG_KEY]: config }) },
      { parent: this },
    );
    deployEdgeProgram(
      {
        prefix: args.name,
        program: PROGRAM,
        namespace,
        replicas: 1,
        user: USER,
        container: container(args.images.redis),
        volumes: [{ name: "config", secret: { secretName: secret.metadata.name } }],
        graceSeconds: 30,
        revision: revisionOf(args.revisionSalt, config),
        imagePullSecret: args.imagePullSecret,
        // Two at once would each know half of the sign-ins.
        recreate: true,
      },
      this,
    );
    new kubernetes.core.v1.Service(
      SERVICES.redis,
      {
        metadata,
        spec: {
          type: "ClusterIP",
          selector: selectorOf(args.name, PROGRAM),
          ports: [servicePort(PROGRAM, "redis")],
        },
      },
      { parent: this },
    );
    this.url = pulumi.interpolate`redis://:${password}@${SERVICES.redis}.${namespace}.svc.cluster.local:${PORT}`;
    this.registerOutputs({});
  }
}

/** Where memory ends, what was not used for longest goes: somebody signs in again. */
export const redisConfig = (password: string): string =>
  [
    `port ${PORT}`,
    "bind * -::*",
    "protected-mode yes",
    `requirepass ${password}`,
    'save ""',
    "appendonly no",
    "dir /tmp",
    "maxmemory 96mb",
    "maxmemory-policy allkeys-lru",
    "",
  ].join("\n");

const container = (image: string): Omit<Container, "name"> => ({
  image,
  // The file has the password: arguments are for everybody to read.
  command: ["redis-server", `${FOLDER}/${CONFIG_KEY}`],
  resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { memory: "192Mi" } },
  ...tcpProbes("redis"),
  volumeMounts: [{ name: "config", mountPath: FOLDER, readOnly: true }],
});
