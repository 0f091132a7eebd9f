import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export const ADMIN = "admin";

/** A person or program that the API server knows by a token. */
export interface ClusterUser {
  readonly name: string;
  readonly groups: readonly string[];
  readonly token: string;
}

export interface Credentials {
  readonly users: ReadonlyMap<string, ClusterUser>;
  /** File for `--token-auth-file`. */
  readonly tokens: string;
  /** Private key that service account tokens are signed with. */
  readonly serviceAccountKey: string;
}

/** Writes what the API server recognises people by: the administrator, and the users with their groups. */
export function writeCredentials(folder: string, groups: Readonly<Record<string, readonly string[]>>): Credentials {
  const known = { ...groups, [ADMIN]: ["system:masters"] };
  const users = Object.entries(known).map(([name, of]) => ({
    name,
    groups: of,
    token: randomBytes(24).toString("hex"),
  }));
  const tokens = join(folder, "tokens.csv");
  const lines = users.map((user) => `${user.token},${user.name},${user.name},"${user.groups.join(",")}"\n`);
  writeFileSync(tokens, lines.join(""), { mode: 0o600 });
  const serviceAccountKey = join(folder, "service-account.key");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(serviceAccountKey, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  return { users: new Map(users.map((user) => [user.name, user])), tokens, serviceAccountKey };
}

/** Content of a kubeconfig file; JSON is YAML. */
export const kubeconfig = (
  { server, caFile, token }: { readonly server: string; readonly caFile: string; readonly token: string },
  namespace = "default",
): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority": caFile } }],
    users: [{ name: "test", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace } }],
    "current-context": "test",
  });
