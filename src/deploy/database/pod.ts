import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { pulledWith } from "../image-pull.ts";
import { containerPorts } from "../objects/ports.ts";
import { RESTRICTED_CONTAINER, restrictedPod, TMP } from "../objects/restricted.ts";
import type { Resources, Settings } from "../settings/settings.ts";

type PodSpec = types.input.core.v1.PodSpec;
type Probe = types.input.core.v1.Probe;

/** Role and database of the router. */
export const ROLE = "router";

export interface PostgresPodParts {
  readonly serviceAccount: pulumi.Input<string>;
  /** With the key `password`. */
  readonly secret: pulumi.Input<string>;
  readonly claim: pulumi.Input<string>;
  readonly resources: Resources;
  readonly imagePullSecret: pulumi.Input<string> | undefined;
}

/** The user `postgres` of the image that is made from Debian; on Alpine it is another. */
const USER = 999;

const VOLUME = "/var/lib/postgresql/data";
const PASSWORD = "/etc/postgres-password";
const SOCKETS = "/var/run/postgresql";

export function postgresPod({ images }: Pick<Settings, "images">, parts: PostgresPodParts): PodSpec {
  const restricted = restrictedPod(USER);
  return {
    ...restricted,
    ...pulledWith(parts.imagePullSecret),
    serviceAccountName: parts.serviceAccount,
    // Not at every mount: that would give the group rights on files that PostgreSQL wants for itself alone.
    securityContext: { ...restricted.securityContext, fsGroup: USER, fsGroupChangePolicy: "OnRootMismatch" },
    // The image's stop signal has it end all connections and write everything out.
    terminationGracePeriodSeconds: 60,
    containers: [
      {
        ...RESTRICTED_CONTAINER,
        name: "postgres",
        image: images.postgres,
        ports: containerPorts("postgres"),
        env: Object.entries(ENVIRONMENT).map(([name, value]) => ({ name, value })),
        ...PROBES,
        resources: parts.resources,
        volumeMounts: [
          { name: "data", mountPath: VOLUME },
          { name: "password", mountPath: PASSWORD, readOnly: true },
          { name: "sockets", mountPath: SOCKETS },
          TMP.mount,
        ],
      },
    ],
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName: parts.claim } },
      { name: "password", secret: { secretName: parts.secret, defaultMode: 0o440 } },
      { name: "sockets", emptyDir: { sizeLimit: "1Mi" } },
      TMP.volume,
    ],
  };
}

const ENVIRONMENT = {
  // A file system of its own has a lost+found, and PostgreSQL begins in an empty folder only.
  PGDATA: `${VOLUME}/pgdata`,
  POSTGRES_USER: ROLE,
  POSTGRES_DB: ROLE,
  // Read when the database is made, and never again.
  POSTGRES_PASSWORD_FILE: `${PASSWORD}/password`,
  POSTGRES_INITDB_ARGS: "--data-checksums --auth-host=scram-sha-256",
};

/** By TCP: while the image makes the database, its server listens on the socket alone. */
const isReady: Probe = {
  exec: { command: ["pg_isready", "--quiet", "--host=127.0.0.1", `--username=${ROLE}`, `--dbname=${ROLE}`] },
  timeoutSeconds: 5,
};

const PROBES = {
  // Of fifteen minutes: after a crash it repairs itself first, and would begin anew if it were ended.
  startupProbe: { ...isReady, periodSeconds: 5, failureThreshold: 180 },
  livenessProbe: { ...isReady, periodSeconds: 20, failureThreshold: 6 },
  readinessProbe: { ...isReady, periodSeconds: 10, failureThreshold: 3 },
};
