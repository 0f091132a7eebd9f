import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { VolumeSettings } from "../settings/settings.ts";

interface ClaimPlace {
  /** Of the resource, in Pulumi's state. */
  readonly name: string;
  readonly metadata: kubernetes.types.input.meta.v1.ObjectMeta;
  readonly parent: pulumi.Resource;
}

/**
 * A volume for a database. Pulumi refuses to remove it until it is told so by `pulumi state unprotect`, also where it would have
 * to be replaced: by another storage class, or another kind of database. A larger size is passed on.
 * @returns the name of the claim
 */
export const claim = ({ name, metadata, parent }: ClaimPlace, volume: VolumeSettings): pulumi.Output<string> =>
  new kubernetes.core.v1.PersistentVolumeClaim(
    name,
    {
      // Many a storage class makes the volume only for a pod that waits for it: the pod's readiness tells of both.
      metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
      spec: {
        accessModes: ["ReadWriteOnce"],
        ...(volume.storageClass === undefined ? {} : { storageClassName: volume.storageClass }),
        resources: { requests: { storage: volume.size } },
      },
    },
    { parent, protect: true },
  ).metadata.name;
