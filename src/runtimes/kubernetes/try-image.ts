import { randomBytes } from "node:crypto";
import type { V1Pod } from "@kubernetes/client-node";
import { ProblemError } from "../../contracts/problem.ts";
import { SessionHash } from "../../contracts/session-hash.ts";
import { Secret } from "../../lib/secret.ts";
import { isApiError } from "./api-error.ts";
import { buildPod } from "./build-pod.ts";
import { buildSessionSecret } from "./build-secret.ts";
import { KINDS } from "./cluster-client.ts";
import type { Cluster } from "./cluster.ts";
import { explainRefusal } from "./explain-pod.ts";
import { podName, secretName } from "./objects.ts";
import { observePod } from "./observe-pod.ts";

const LOOK_MS = 1_000;
/** A large image on a slow line. */
const LIMIT_SECONDS = 900;
/** Nobody's: it has no secrets, no repository, and its files go with it. */
const NOBODY = "image-check@opencode-router.invalid";

/**
 * Starts a throw-away session of an image, waits until it is healthy, and removes it: its node has the image from then on.
 * @throws ProblemError with what keeps the session from becoming healthy
 */
export async function tryImage(cluster: Cluster, image: string): Promise<void> {
  const { client, clock } = cluster;
  const hash = SessionHash.parse(randomBytes(6).toString("hex"));
  const spec = {
    hash,
    owner: NOBODY,
    repoUrl: null,
    branch: null,
    sourceBranch: null,
    initialMessage: null,
    sessionKey: new Secret(randomBytes(32).toString("base64url")),
    secrets: {},
    githubToken: null,
  };
  const owner = { name: hash, uid: "" };
  const { overrides } = cluster;
  const secret = buildSessionSecret(spec, owner, overrides === undefined ? {} : { overrides });
  try {
    await client.create(KINDS.secrets, { ...secret, metadata: withoutOwner(secret.metadata) });
    await client.create(KINDS.pods, throwAway(buildPod(spec, owner, { ...cluster.options, image })));
    const deadline = clock.now() + LIMIT_SECONDS * 1000;
    while (!(await isHealthy(cluster, hash))) {
      if (clock.now() > deadline) throw unhealthy(`it was not healthy after ${LIMIT_SECONDS} seconds.`);
      await clock.sleep(LOOK_MS);
    }
  } catch (cause) {
    throw isApiError(cause) ? unhealthy(explainRefusal(cause).message) : cause;
  } finally {
    await client.delete(KINDS.pods, podName(hash), { graceSeconds: 0 });
    await client.delete(KINDS.secrets, secretName(hash));
  }
}

async function isHealthy({ client, clock }: Cluster, hash: SessionHash): Promise<boolean> {
  const observed = observePod(await client.get<V1Pod>(KINDS.pods, podName(hash)), undefined, clock.now());
  if (observed.phase === "failed") throw unhealthy(observed.failure.message);
  if (observed.phase === "absent" || observed.phase === "stopping") throw unhealthy("somebody ended its session.");
  return observed.phase === "running";
}

const unhealthy = (why: string) =>
  new ProblemError("unavailable", `The image did not become a healthy session: ${why}`);

/** It belongs to no session resource, keeps no files, and ends by itself should nobody end it. */
function throwAway({ metadata, spec, ...pod }: V1Pod): V1Pod {
  if (spec === undefined) throw new Error("a pod without containers");
  const volumes = (spec.volumes ?? []).map(({ persistentVolumeClaim, ...volume }) =>
    persistentVolumeClaim === undefined ? volume : { ...volume, emptyDir: {} },
  );
  return { ...pod, metadata: withoutOwner(metadata), spec: { ...spec, volumes, activeDeadlineSeconds: LIMIT_SECONDS } };
}

const withoutOwner = ({ ownerReferences: _owner, ...metadata }: NonNullable<V1Pod["metadata"]> = {}) => metadata;
