import { randomUUID } from "node:crypto";
import type { V1Secret } from "@kubernetes/client-node";
import type { SessionHash } from "../../contracts/session-hash.ts";
import type { Secret } from "../../lib/secret.ts";
import { SECRET_KEYS } from "./build-secret.ts";
import { KINDS } from "./cluster-client.ts";
import type { Cluster } from "./cluster.ts";
import { GROUP } from "../../contracts/cluster-names.ts";
import { secretName } from "./objects.ts";
import { ifThere, ignoreReplaced } from "./tolerate.ts";

/** The Secret of one session, which is there only while its pod is. Several routers may write it. */
export class SessionSecret {
  readonly #client: Cluster["client"];
  readonly #name: string;
  /** What this router has written and not removed. */
  #written: string | undefined;

  constructor(client: Cluster["client"], hash: SessionHash) {
    this.#client = client;
    this.#name = secretName(hash);
  }

  /** Whether this router has written one, and no pod that had it was ended since. */
  get isLeft(): boolean {
    return this.#written !== undefined;
  }

  /** Each start writes another text, though it says the same: so that nobody who ends an earlier one removes it. */
  async write(made: V1Secret): Promise<void> {
    const annotations = { ...made.metadata?.annotations, [`${GROUP}/start`]: randomUUID() };
    const secret = { ...made, metadata: { ...made.metadata, annotations } };
    const created = await this.#client.create(KINDS.secrets, secret).catch(ifThere);
    const written = created ?? (await this.#client.replace(KINDS.secrets, this.#name, secret));
    this.#written = written.metadata?.resourceVersion;
  }

  async putToken(token: Secret): Promise<void> {
    const data = { [SECRET_KEYS.githubToken]: Buffer.from(token.reveal()).toString("base64") };
    await this.#client.patch(KINDS.secrets, this.#name, { body: { data } });
  }

  /** Version of the one that is there now, whoever wrote it. */
  async version(): Promise<string | undefined> {
    return (await this.#client.get<V1Secret>(KINDS.secrets, this.#name))?.metadata?.resourceVersion;
  }

  /** Removes the one of that version, by default the one that this router wrote last; any other stays. */
  async remove(resourceVersion = this.#written): Promise<void> {
    if (resourceVersion !== undefined)
      await this.#client.delete(KINDS.secrets, this.#name, { resourceVersion }).catch(ignoreReplaced);
    this.#written = undefined;
  }

  /** It belongs to somebody else's start now. */
  leave(): void {
    this.#written = undefined;
  }
}
