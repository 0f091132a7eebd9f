import { createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** Annotation of a pod template: another content of what the pods read rolls them. */
export const REVISION = "opencode-router.dev/revision";

/**
 * A short fingerprint of everything that pods read at their start. Nobody can try guesses of a secret on it: the salt is one.
 * It is no secret itself, so that a preview shows that it changes.
 */
export const revisionOf = (salt: pulumi.Input<string>, ...contents: pulumi.Input<unknown>[]): pulumi.Output<string> =>
  pulumi.unsecret(
    pulumi
      .all([pulumi.output(salt), pulumi.all(contents)])
      .apply(([key, texts]) => createHmac("sha256", key).update(JSON.stringify(texts)).digest("hex").slice(0, 16)),
  );
