import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { claimName } from "./objects.ts";
import type { PodOptions } from "./pod-options.ts";
import { type Owner, sessionMetadata } from "./session-metadata.ts";

/** The volume with a session's files: outlives its pods. */
export const buildClaim = (
  hash: SessionHash,
  owner: Owner,
  { storageClass, storageSize }: Pick<PodOptions, "storageClass" | "storageSize">,
): V1PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: sessionMetadata(claimName(hash), hash, owner),
  spec: {
    accessModes: ["ReadWriteOnce"],
    ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
    resources: { requests: { storage: storageSize } },
  },
});
