import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { API_VERSION, APP_LABELS, SESSION_KIND, SESSION_LABEL } from "../../contracts/cluster-names.ts";

/** The Session resource that an object is made for, and goes away with. */
export interface Owner {
  readonly name: string;
  readonly uid: string;
}

export const sessionMetadata = (name: string, hash: SessionHash, owner: Owner): V1ObjectMeta => ({
  name,
  labels: { ...APP_LABELS, [SESSION_LABEL]: hash },
  ownerReferences: [
    {
      apiVersion: API_VERSION,
      kind: SESSION_KIND,
      name: owner.name,
      uid: owner.uid,
      controller: true,
      blockOwnerDeletion: true,
    },
  ],
});
