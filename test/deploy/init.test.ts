import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clusterTool } from "../cluster/harness/cluster-tools.ts";
import { Terminal } from "../harness/terminal.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const STACK = `init-${randomBytes(4).toString("hex")}`;
const SECRETS = { "auth.clientSecret": "the-client-secret", "tunnel.token": "the-tunnel-token" };

let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "init-"));
  await mkdir(join(folder, "state"));
  env = {
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_HOME: join(folder, "home"),
    PULUMI_CONFIG_PASSPHRASE: "passphrase",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
});
afterAll(async () => {
  await rm(join(ROOT, `Pulumi.${STACK}.yaml`), { force: true });
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

const withPulumi = (): string => `${dirname(clusterTool("pulumi"))}:${process.env["PATH"]}`;

test("make init gives the real Pulumi its secrets without showing them", async () => {
  const command = `PATH='${withPulumi()}' make --no-print-directory -C '${ROOT}' init STACK=${STACK}`;
  const answers: readonly (readonly [shown: string, text: string])[] = [
    ["domain:", "example.org"],
    ["auth.clientId:", "Iv1.0123456789abcdef"],
    ["auth.clientSecret: Its secret\nvalue:", SECRETS["auth.clientSecret"]],
    ["auth.githubOrg:", "acme"],
    ["tunnel.token: Token of the tunnel\nvalue:", SECRETS["tunnel.token"]],
    ["images.registry:", "registry.example.org/acme"],
  ];
  await using terminal = await Terminal.open(command, env);
  for (const [shown, text] of answers) {
    await terminal.shows(shown);
    await terminal.type(text);
    await terminal.press("Enter");
  }
  const screen = await terminal.shows(`The stack ${STACK} has what it needs`);
  const written = await readFile(join(ROOT, `Pulumi.${STACK}.yaml`), "utf8");
  for (const [name, secret] of Object.entries(SECRETS)) {
    expect(screen).not.toContain(secret);
    expect(written).not.toContain(secret);
    const options = { cwd: ROOT, env: { ...env, PATH: withPulumi() } };
    const { stdout } = await run("pulumi", ["config", "get", "--stack", STACK, name], options);
    expect(stdout.trim()).toBe(secret);
  }
  expect(written).toMatch(/opencode-router:domain: example\.org\n/);
});
