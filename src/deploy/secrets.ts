import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Settings } from "./settings/settings.ts";

/** 256 bits. */
const BYTES = 32;

/** What the stack's parts know each other by. All are secret outputs: texts in base64 of 32 random bytes. */
export class Secrets extends pulumi.ComponentResource {
  readonly edge: pulumi.Output<string>;
  /** The edge secret before a rotation, which the router still accepts. */
  readonly edgePrevious: pulumi.Output<string> | undefined;
  readonly sessionId: pulumi.Output<string>;
  readonly token: pulumi.Output<string>;
  readonly admin: pulumi.Output<string>;
  /** Of the sign-in's cookies; not yet in the form that oauth2-proxy takes. */
  readonly cookie: pulumi.Output<string>;
  /** Makes fingerprints of secrets useless to guess on, see `revisionOf`. */
  readonly revisionSalt: pulumi.Output<string>;

  constructor(
    name: string,
    { secretEpoch, edgeSecretPrevious }: Pick<Settings, "secretEpoch" | "edgeSecretPrevious">,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("opencode-router:Secrets", name, {}, options);
    const edgeSecret = (epoch: number) => this.#bytes(`edge-secret-${epoch}`);
    this.edge = edgeSecret(secretEpoch);
    this.edgePrevious = secretEpoch > 1 ? edgeSecret(secretEpoch - 1) : revealed(edgeSecretPrevious);
    // Another session id secret would make every session a new one; another token secret would lose people's secrets.
    this.sessionId = this.#bytes("session-id-secret", { protect: true });
    this.token = this.#bytes("token-secret", { protect: true });
    this.admin = this.#bytes("admin-secret");
    this.cookie = this.#bytes("cookie-secret");
    this.revisionSalt = this.#bytes("revision-salt");
    this.registerOutputs({});
  }

  #bytes(name: string, kept: pulumi.CustomResourceOptions = {}): pulumi.Output<string> {
    return new random.RandomBytes(name, { length: BYTES }, { parent: this, ...kept }).base64;
  }
}

const revealed = (text: Settings["edgeSecretPrevious"]): pulumi.Output<string> | undefined =>
  text === undefined ? undefined : pulumi.secret(text.reveal());
