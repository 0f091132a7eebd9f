import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cookieSecret, SIGN_IN_VARIABLES } from "../../src/deploy/sign-in/oauth2-proxy-flags.ts";
import { signInFlags } from "../../src/deploy/sign-in/sign-in-pod.ts";
import { dropping, read } from "../../src/deploy/settings/stack.fixture.ts";
import { clusterTool } from "../cluster/harness/cluster-tools.ts";

const OIDC = { ...dropping("auth.githubOrg"), "auth.provider": "oidc", "auth.issuer": "https://id.example.org" };
const EMAILS_FILE = "/etc/oauth2-proxy/emails";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sign-in-"));
  await writeFile(join(folder, "emails"), "ann@example.org\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the real oauth2-proxy says of a command line. */
async function verdict(flags: readonly string[]): Promise<string> {
  const env = {
    [SIGN_IN_VARIABLES.clientSecret]: "secret",
    [SIGN_IN_VARIABLES.cookieSecret]: cookieSecret(Buffer.alloc(32, 0xfb).toString("base64")),
  };
  // Its check of a Redis connects to it.
  const args = flags.map((flag) =>
    flag.replace(EMAILS_FILE, join(folder, "emails")).replace("store-type=redis", "store-type=cookie"),
  );
  const { stdout, stderr } = await promisify(execFile)(clusterTool("oauth2-proxy"), ["--config-test", ...args], {
    env,
  });
  return stdout + stderr;
}

test.each<[string, Record<string, string>]>([
  ["an organisation", {}],
  ["teams and users of it", { "auth.githubTeams": "ops,dev", "auth.githubUsers": "ann,bob" }],
  ["teams of several", { ...dropping("auth.githubOrg"), "auth.githubTeams": "acme:ops,other:dev" }],
  ["addresses and domains", { "auth.allowedEmails": "ann@example.org", "auth.allowedEmailDomains": "example.net" }],
  ["groups of OIDC", { ...OIDC, "auth.allowedGroups": "ops,dev", "auth.cookieRefresh": "59m" }],
  ["ranges of pods", { "cluster.podCidrs": "198.51.100.0/24,2001:db8::/64" }],
])("oauth2-proxy takes what is rendered for %s", async (_who, given) => {
  expect(await verdict(signInFlags(read(given)))).toContain("configuration is valid");
});

test("oauth2-proxy refuses what it does not know", async () => {
  await expect(verdict([...signInFlags(read({})), "--no-such-flag"])).rejects.toThrow("unknown flag");
});
