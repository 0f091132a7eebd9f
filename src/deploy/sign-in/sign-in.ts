import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { deployEdgeProgram } from "../edge/edge-program.ts";
import { metadataOf, selectorOf } from "../objects/labels.ts";
import { servicePort } from "../objects/ports.ts";
import { SERVICES } from "../objects/programs.ts";
import { revisionOf } from "../objects/revision.ts";
import { secretData } from "../objects/secret-data.ts";
import type { Settings } from "../settings/settings.ts";
import { cookieSecret } from "./oauth2-proxy-flags.ts";
import { Redis } from "./redis.ts";
import {
  EMAILS_KEY,
  emailsText,
  SECRET_KEYS,
  SIGN_IN_GRACE_SECONDS,
  signInContainer,
  signInFlags,
  signInVolumes,
  type SignInSlice,
} from "./sign-in-pod.ts";

const PROGRAM = "oauth2-proxy";
const USER = 65_532;

export interface SignInArgs extends SignInSlice, Pick<Settings, "name"> {
  /** Of the edge. */
  readonly namespace: pulumi.Input<string>;
  /** 32 random bytes in base64. */
  readonly cookieSecret: pulumi.Input<string>;
  readonly revisionSalt: pulumi.Input<string>;
  /** Of `ImagePullSecrets`, in that namespace. */
  readonly imagePullSecret: pulumi.Input<string> | undefined;
}

/** oauth2-proxy, and a Redis for its sessions where the settings ask for one of ours. */
export class SignIn extends pulumi.ComponentResource {
  constructor(name: string, args: SignInArgs, options?: pulumi.ComponentResourceOptions) {
    super("opencode-router:sign-in:SignIn", name, {}, options);
    const { auth, namespace } = args;
    const secrets = this.#secretTexts(args);
    const emails = emailsText(auth);
    const secretName = this.#secret(args, PROGRAM, secrets);
    const emailsName =
      emails === undefined ? undefined : this.#secret(args, "oauth2-proxy-emails", { [EMAILS_KEY]: emails });
    deployEdgeProgram(
      {
        prefix: args.name,
        program: PROGRAM,
        namespace,
        replicas: auth.replicas,
        user: USER,
        container: signInContainer(args, secretName),
        volumes: signInVolumes(emailsName),
        graceSeconds: SIGN_IN_GRACE_SECONDS,
        revision: revisionOf(args.revisionSalt, signInFlags(args), pulumi.all(secrets), emails ?? null),
        imagePullSecret: args.imagePullSecret,
      },
      this,
    );
    new kubernetes.core.v1.Service(
      SERVICES.signIn,
      {
        metadata: metadataOf(args, PROGRAM, SERVICES.signIn),
        spec: {
          type: "ClusterIP",
          selector: selectorOf(args.name, PROGRAM),
          ports: [servicePort(PROGRAM, "http")],
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }

  #secretTexts(args: SignInArgs): Record<string, pulumi.Output<string>> {
    const { clientSecret, sessionStore } = args.auth;
    return {
      [SECRET_KEYS.clientSecret]: pulumi.secret(clientSecret.reveal()),
      [SECRET_KEYS.cookieSecret]: pulumi.secret(pulumi.output(args.cookieSecret).apply(cookieSecret)),
      ...(sessionStore.kind === "redis" ? { [SECRET_KEYS.redisUrl]: this.#redisUrl(args, sessionStore.server) } : {}),
    };
  }

  #redisUrl(args: SignInArgs, server: RedisServer): pulumi.Output<string> {
    if (server !== "deploy") return pulumi.secret(server.reveal());
    const { name, images, namespace, revisionSalt, imagePullSecret } = args;
    return new Redis("redis", { name, images, namespace, revisionSalt, imagePullSecret }, { parent: this }).url;
  }

  #secret(args: SignInArgs, name: string, content: Record<string, pulumi.Input<string>>): pulumi.Output<string> {
    const body = { metadata: metadataOf(args, PROGRAM, name), type: "Opaque", data: secretData(content) };
    return new kubernetes.core.v1.Secret(name, body, { parent: this }).metadata.name;
  }
}

type RedisServer = Extract<Settings["auth"]["sessionStore"], { kind: "redis" }>["server"];
