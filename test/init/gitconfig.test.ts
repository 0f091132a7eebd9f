import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../../src/lib/secret.ts";
import { GitCredentials } from "../../src/sessiond/credentials/git-credentials.ts";
import { bakedConfig, git, runStep, scratchFolder, SHELLS, type Scratch } from "./run-step.ts";

const rootfs = fileURLToPath(new URL("../../images/opencode/rootfs", import.meta.url));
const GITHUB = "protocol=https\nhost=github.com\n\n";
const OTHERS = [
  "protocol=http\nhost=github.com\n\n",
  "protocol=https\nhost=github.com.example.org\n\n",
  "protocol=https\nhost=github.com:8443\n\n",
  "protocol=https\nhost=example.org\n\n",
];

let scratch: Scratch;
beforeEach(() => {
  scratch = scratchFolder();
  // The image's own file, as it reads where its files are elsewhere.
  const text = readFileSync(join(rootfs, "defaults/gitconfig"), "utf8");
  expect(text).toContain("/opt/opencode-router/git-credential.mjs");
  writeFileSync(at("gitconfig"), text.replaceAll("/opt/opencode-router", rootfs));
  mkdirSync(at("home"));
});
afterEach(() => scratch[Symbol.dispose]());

const at = (name: string): string => join(scratch.path, name);
const gitEnv = (env: Record<string, string> = {}) => ({
  PATH: `/usr/bin:/bin:${dirname(process.execPath)}`,
  HOME: at("home"),
  GIT_CONFIG_SYSTEM: at("gitconfig"),
  GIT_TERMINAL_PROMPT: "0",
  GIT_CREDENTIAL_SOCKET: at("git.sock"),
  ...env,
});

interface Input {
  readonly input?: string;
  readonly env?: Record<string, string>;
}

/** What a program says. */
function start(program: string, args: readonly string[], { input = "", env = {} }: Input) {
  const child = spawn(program, args, { env: gitEnv(env), cwd: at("home"), timeout: 30_000 });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => (said[name] += text));
  // Who reads no input may be gone by now.
  child.stdin.on("error", () => {}).end(input);
  return new Promise<typeof said>((resolve) => child.on("close", () => resolve(said)));
}
const run = (args: readonly string[], input: Input = {}) => start("git", args, input);
const ask = async (question: string, env?: Record<string, string>): Promise<string> =>
  (await run(["credential", "fill"], { input: question, ...(env ? { env } : {}) })).stdout;
const passwordIn = (answer: string) => /^password=(.*)$/m.exec(answer)?.[1];

async function serving(token: string | null, use: (credentials: GitCredentials) => Promise<void>): Promise<void> {
  const origin = "https://github.com";
  const credentials = new GitCredentials({ origin, token: token === null ? null : new Secret(token) });
  await credentials.listen(at("git.sock"));
  try {
    await use(credentials);
  } finally {
    credentials.close();
  }
}

test("the variable GITHUB_TOKEN goes to GitHub over https, and to nobody else", async () => {
  const GITHUB_TOKEN = "gho_$(touch pwned)'\"%s\\n";
  expect(await ask(GITHUB, { GITHUB_TOKEN })).toContain(`username=x-access-token\npassword=${GITHUB_TOKEN}\n`);
  for (const question of OTHERS) expect(await ask(question, { GITHUB_TOKEN })).not.toContain("gho_");
  expect(await ask(GITHUB)).not.toContain("password");
});

test("a variable with a line break adds no lines to the answer; one at its end does no harm", async () => {
  expect(passwordIn(await ask(GITHUB, { GITHUB_TOKEN: " gho_1\r\n" }))).toBe("gho_1");
  for (const GITHUB_TOKEN of ["gho_1\nhost=evil.example", "gho_1\rx", "gho_1\u0085x", "a\u001bb"]) {
    const { stdout, stderr } = await run(["credential", "fill"], { input: GITHUB, env: { GITHUB_TOKEN } });
    expect(stdout).not.toMatch(/gho_|evil|password/);
    expect(stderr).toContain("GITHUB_TOKEN is not used");
    expect(stderr).not.toMatch(/gho_|evil/);
  }
});

test("sessiond's token is told when there is no variable; each question gets the latest", async () => {
  await serving("gho_first", async (credentials) => {
    expect(passwordIn(await ask(GITHUB))).toBe("gho_first");
    expect(passwordIn(await ask(GITHUB, { GITHUB_TOKEN: "gho_own" }))).toBe("gho_own");
    for (const question of OTHERS) expect(await ask(question)).not.toContain("gho_");
    credentials.set(new Secret("gho_second"));
    expect(passwordIn(await ask(GITHUB))).toBe("gho_second");
    credentials.set(null);
    expect(passwordIn(await ask(GITHUB))).toBeUndefined();
  });
});

test("git goes on to its next helper where nobody answers", async () => {
  const next = '[credential]\n\thelper = "!f() { echo username=ann; echo password=hers; }; f"\n';
  writeFileSync(at("home/.gitconfig"), next);
  const hers = async (env: Record<string, string> = {}) => {
    const { stdout, stderr } = await run(["credential", "fill"], { input: GITHUB, env });
    expect([passwordIn(stdout), stderr]).toEqual(["hers", ""]);
  };
  await hers();
  await hers({ GIT_CREDENTIAL_SOCKET: "" });
  await serving(null, () => hers());
  // What a killed sessiond leaves: it closes only the name by which it listens.
  await serving("gho_1", () => rename(at("git.sock"), at("stale.sock")));
  await hers({ GIT_CREDENTIAL_SOCKET: at("stale.sock") });
  await serving("gho_1", async () => expect(passwordIn(await ask(GITHUB))).toBe("gho_1"));
  const deaf = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => deaf.listen(at("deaf.sock"), resolve));
  await hers({ GIT_CREDENTIAL_SOCKET: at("deaf.sock") });
  deaf.close();
});

test("what git says of an answer, right or wrong, is answered with nothing", async () => {
  const helper = join(rootfs, "git-credential.mjs");
  const input = `${GITHUB.trim()}\nusername=x\npassword=y\n`;
  await serving("gho_1", async () => {
    for (const env of [{}, { GITHUB_TOKEN: "gho_own" }])
      for (const verb of ["store", "erase", "capability"])
        expect(await start("node", [helper, verb], { input, env })).toEqual({ stdout: "", stderr: "" });
  });
});

test("the workspace is git's to use whoever owns it, new repositories begin on main, and the person's settings win", async () => {
  const get = async (...args: string[]) => (await run(["config", ...args])).stdout.trim().split("\n");
  expect(await get("--get-all", "safe.directory")).toEqual([
    "/home/opencode/workspace",
    "/home/opencode/workspace.partial",
  ]);
  expect(await get("init.defaultBranch")).toEqual(["main"]);
  expect(await get("user.name")).toEqual([""]);
  const ours = at("home/.config/opencode-router");
  mkdirSync(ours, { recursive: true });
  git(at("home"), "config", "-f", join(ours, "gitconfig"), "user.name", "Ann");
  expect(await get("user.name")).toEqual(["Ann"]);
  writeFileSync(at("home/.gitconfig"), "[user]\n\tname = Annabel\n[init]\n\tdefaultBranch = trunk\n");
  expect([await get("user.name"), await get("init.defaultBranch")]).toEqual([["Annabel"], ["trunk"]]);
});

test("another GitHub's origin is told the token as github.com is, and is asked for it by its own name alone", async () => {
  const origin = "https://github.example.org:8443";
  const config = { HOME: at("home"), BAKED_CONFIG: bakedConfig, GIT_CONFIG_SYSTEM: at("gitconfig") };
  for (const shell of SHELLS) {
    expect(await runStep(shell, "config.sh", { ...config, SESSIOND_GITHUB_ORIGIN: origin })).toMatchObject({ code: 0 });
    const question = "protocol=https\nhost=github.example.org:8443\n\n";
    expect(passwordIn(await ask(question, { GITHUB_TOKEN: "ghe_1" }))).toBe("ghe_1");
    expect(passwordIn(await ask(question.replace(":8443", ""), { GITHUB_TOKEN: "ghe_1" }))).toBeUndefined();
    expect(
      await runStep(shell, "config.sh", { ...config, SESSIOND_GITHUB_ORIGIN: "https://github.com" }),
    ).toMatchObject({
      code: 0,
    });
    expect(passwordIn(await ask(question, { GITHUB_TOKEN: "ghe_1" }))).toBeUndefined();
  }
});
