import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PulumiStandIn, type PulumiState } from "../harness/pulumi-stand-in.ts";
import { Terminal } from "../harness/terminal.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SECRETS = { "auth.clientSecret": "the-client-secret", "tunnel.token": "the-tunnel-token" };
const NOTHING: PulumiState = { stack: "", config: {} };
const COMPLETE: PulumiState = {
  stack: "production",
  config: {
    ...shown({ domain: "example.org", "auth.clientId": "id", "auth.githubOrg": "acme", "images.registry": "r.test/a" }),
    "opencode-router:auth.clientSecret": { secret: true },
    "opencode-router:tunnel.token": { secret: true },
  },
};

function shown(texts: Readonly<Record<string, string>>): PulumiState["config"] {
  const entries = Object.entries(texts);
  return Object.fromEntries(entries.map(([name, value]) => [`opencode-router:${name}`, { value, secret: false }]));
}

let pulumi: PulumiStandIn;
const start = async (state: PulumiState): Promise<void> => void (pulumi = await PulumiStandIn.make(state));
beforeEach(() => start(NOTHING));
afterEach(() => pulumi[Symbol.asyncDispose]());

interface Ended {
  readonly code: number;
  readonly text: string;
}

/** The real target, without a terminal. */
function make(words: readonly string[], env: Readonly<Record<string, string>> = pulumi.env): Promise<Ended> {
  const variables = { HOME: process.env["HOME"] ?? "", ...env };
  return new Promise((resolve) => {
    const child = execFile(
      "make",
      ["--no-print-directory", ...words],
      { cwd: ROOT, env: variables },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr }),
    );
    child.stdin?.end();
  });
}

/** A terminal has the PATH of who opens it. */
const makeAtTerminal = (words: string): Promise<Terminal> =>
  Terminal.open(`PATH='${pulumi.env.PATH}' make --no-print-directory -C '${ROOT}' ${words}`, pulumi.env);

const argumentsOf = async (): Promise<string[]> => (await pulumi.calls()).map(({ args }) => args.join(" "));

describe("make init", () => {
  test("asks for what is missing, and gives Pulumi the secrets by the terminal", async () => {
    await using terminal = await makeAtTerminal("init");
    const answer = async (question: string, text: string) => {
      await terminal.shows(question);
      await terminal.type(text);
      await terminal.press("Enter");
    };
    await answer("Name of the stack", "production");
    await answer("domain:", "Example.org/");
    // A value that cannot be used is asked for again.
    await answer("domain: must", "example.org");
    await answer("auth.clientId:", "Iv1.0123456789abcdef");
    await answer("value of auth.clientSecret:", SECRETS["auth.clientSecret"]);
    await answer("auth.githubOrg:", "");
    await answer("auth.allowedEmails:", "ann@example.org,bob@example.org");
    await answer("value of tunnel.token:", SECRETS["tunnel.token"]);
    await answer("images.registry:", "registry.example.org/acme");
    await terminal.shows("The stack production has what it needs");
    expect((await pulumi.state()).config).toEqual({
      ...shown({
        domain: "example.org",
        "auth.clientId": "Iv1.0123456789abcdef",
        "auth.allowedEmails": "ann@example.org,bob@example.org",
        "images.registry": "registry.example.org/acme",
      }),
      "opencode-router:auth.clientSecret": { secret: true },
      "opencode-router:tunnel.token": { secret: true },
    });
    const calls = await pulumi.calls();
    const given = calls.filter(({ args }) => args.includes("--secret"));
    expect(given.map(({ args, input }) => [args.at(-1), input])).toEqual(Object.entries(SECRETS));
    for (const secret of Object.values(SECRETS))
      expect(JSON.stringify(calls.map(({ args }) => args))).not.toContain(secret);
  });

  test("leaves what is set as it is", async () => {
    await start(COMPLETE);
    await using terminal = await makeAtTerminal("init STACK=production");
    await terminal.shows("The stack production has what it needs");
    expect((await argumentsOf()).filter((call) => call.startsWith("config set"))).toEqual([]);
    expect(await pulumi.state()).toEqual(COMPLETE);
  });

  test("without a terminal makes the stack and lists the commands", async () => {
    const { code, text } = await make(["init", "STACK=dev"]);
    expect([code, (await pulumi.state()).stack]).toEqual([0, "dev"]);
    const commands = text.match(/^ {2}pulumi config set .*$/gm);
    expect(commands).toEqual([
      "  pulumi config set domain …",
      "  pulumi config set auth.clientId …",
      "  pulumi config set --secret auth.clientSecret",
      "  pulumi config set auth.githubOrg …",
      "  pulumi config set --secret tunnel.token",
      "  pulumi config set images.registry …",
    ]);
  });

  test("asks nobody for a key of several lines", async () => {
    const given = { ...shown({ "tunnel.kind": "none" }) };
    await start({ stack: "", config: { ...COMPLETE.config, ...given } });
    await using terminal = await makeAtTerminal("init STACK=dev");
    await terminal.shows("pulumi config set --secret tls.key < tls-key.pem");
    expect(await terminal.screen()).toContain("pulumi config set tls.certificate < tls-certificate.pem");
  });

  test("wants a name where it cannot ask for one", async () => {
    const { code, text } = await make(["init"]);
    expect(code).toBe(2);
    expect(text).toContain("Which stack? Say `make init STACK=production`.");
    expect(await pulumi.calls()).toEqual([]);
  });
});

describe("make destroy", () => {
  beforeEach(() => start(COMPLETE));
  const destroyed = async () => (await argumentsOf()).filter((call) => call.startsWith("destroy"));

  test("says what stays and what goes, and destroys the stack whose name is typed", async () => {
    await using terminal = await makeAtTerminal("destroy");
    const screen = await terminal.shows("Type the stack's name");
    expect(screen).toMatch(/Goes: .*edge[^]*Stays: the namespace opencode-sessions[^]*the volume of the database/);
    await terminal.type("production");
    await terminal.press("Enter");
    await expect.poll(destroyed, { timeout: 30_000 }).toEqual(["destroy --stack production --exclude-protected"]);
  });

  test("destroys nothing when another name is typed", async () => {
    await using terminal = await makeAtTerminal("destroy STACK=production");
    await terminal.shows("Type the stack's name");
    await terminal.type("yes");
    await terminal.press("Enter");
    await terminal.shows(`"yes" is not production: nothing was destroyed.`);
    expect(await destroyed()).toEqual([]);
  });

  test("without a terminal wants the name in CONFIRM", async () => {
    const without = await make(["destroy"]);
    expect(without).toMatchObject({ code: 2 });
    expect(without.text).toContain("say `make destroy STACK=production CONFIRM=production`");
    const wrong = await make(["destroy", "CONFIRM=dev"]);
    expect(wrong).toMatchObject({ code: 2 });
    expect(await destroyed()).toEqual([]);
    expect((await make(["destroy", "CONFIRM=production"])).code).toBe(0);
    expect(await destroyed()).toEqual(["destroy --stack production --exclude-protected --yes"]);
  });
});

test("up, preview and outputs are Pulumi's own, for the stack that is named", async () => {
  await make(["up"]);
  await make(["preview", "STACK=dev"]);
  await make(["outputs", "STACK=dev", "PULUMI_FLAGS=--json"]);
  expect(await argumentsOf()).toEqual(["up", "preview --stack dev", "stack output --stack dev --json"]);
});

test.each(["init", "preview", "up", "outputs", "destroy"])(
  "make %s says how to get Pulumi where it is missing",
  async (target) => {
    const folder = await mkdtemp(join(tmpdir(), "no-pulumi-"));
    try {
      for (const program of ["sh", "make", "find", "node", "npx"])
        await symlink(await which(program), join(folder, program));
      const { code, text } = await make([target], { PATH: folder });
      expect(code).toBe(2);
      expect(text).toContain("The command line of Pulumi is missing. Install it (https://www.pulumi.com/docs/");
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

const which = (program: string): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile("/bin/sh", ["-c", `command -v ${program}`], (error, stdout) =>
      error === null ? resolve(stdout.trim()) : reject(error),
    );
  });
