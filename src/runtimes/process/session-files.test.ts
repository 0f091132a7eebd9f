import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { Secret } from "../../lib/secret.ts";
import { gitConfigText } from "./git-config.ts";
import { prepareFolder } from "./prepare-folder.ts";
import { removeTree } from "./remove-tree.ts";
import { openSessionLog, readTail } from "./session-log.ts";
import { sessionFolder } from "./session-folder.ts";

let scratch = "";
beforeEach(() => void (scratch = mkdtempSync(join(tmpdir(), "ocr-files-"))));
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const spec = {
  hash: "0123456789ab" as SessionHash,
  owner: "ann@example.org",
  repoUrl: null,
  branch: null,
  sourceBranch: null,
  initialMessage: "first" as string | null,
  sessionKey: new Secret("key"),
  secrets: {},
  githubToken: null,
};
const nodePath = process.execPath;
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("a session's folder", () => {
  test("is private, and so are the key and the first message, which goes when it was given", async () => {
    const folder = sessionFolder(scratch, spec.hash);
    await prepareFolder(folder, spec, { nodePath });
    expect([folder.root, folder.home].map(modeOf)).toEqual([0o700, 0o700]);
    expect([folder.key, folder.initialMessage].map(modeOf)).toEqual([0o600, 0o600]);
    expect(readFileSync(folder.initialMessage, "utf8")).toBe("first");
    await prepareFolder(folder, { ...spec, initialMessage: null }, { nodePath });
    expect(existsSync(folder.initialMessage)).toBe(false);
  });

  test("borrows the person's sign-ins until it has its own, and gives them back", async () => {
    const folder = sessionFolder(scratch, spec.hash);
    const person = join(scratch, "person");
    const auth = join(folder.home, ".local/share/opencode/auth.json");
    await prepareFolder(folder, spec, { nodePath, shareAuthFrom: person });
    expect(existsSync(auth)).toBe(false);

    mkdirSync(join(person, ".local/share/opencode"), { recursive: true });
    writeFileSync(join(person, ".local/share/opencode/auth.json"), "theirs");
    await prepareFolder(folder, spec, { nodePath, shareAuthFrom: person });
    await prepareFolder(folder, spec, { nodePath, shareAuthFrom: person });
    expect(readFileSync(auth, "utf8")).toBe("theirs");
    await prepareFolder(folder, spec, { nodePath });
    expect(existsSync(auth)).toBe(false);

    writeFileSync(auth, "own");
    await prepareFolder(folder, spec, { nodePath, shareAuthFrom: person });
    expect(lstatSync(auth).isFile()).toBe(true);
    expect(readFileSync(auth, "utf8")).toBe("own");
  });
});

test("git reads the owner as the lowest layer, and a person's settings above it", () => {
  const person = join(scratch, 'per"son\\ é');
  mkdirSync(person);
  mkdirSync(join(scratch, ".config/opencode-router"), { recursive: true });
  writeFileSync(join(scratch, ".config/opencode-router/gitconfig"), "[user]\n\temail = owner@example.org\n");
  const system = join(scratch, "system");
  const user = (shareFrom?: string) => {
    writeFileSync(system, gitConfigText({ workspace: "/w s", shareFrom }));
    const env = { PATH: "/usr/bin:/bin", HOME: scratch, GIT_CONFIG_SYSTEM: system };
    return execFileSync("git", ["config", "user.email"], { env, cwd: scratch, encoding: "utf8" }).trim();
  };
  expect(user()).toBe("owner@example.org");
  expect(user(person)).toBe("owner@example.org");
  writeFileSync(join(person, ".gitconfig"), "[user]\n\temail = theirs@example.org\n");
  expect(user(person)).toBe("theirs@example.org");
  writeFileSync(join(scratch, ".gitconfig"), "[user]\n\temail = session@example.org\n");
  expect(user(person)).toBe("session@example.org");
});

test("git takes the session's token for GitHub, there and nowhere else, wherever its programs are", () => {
  const odd = join(scratch, `it's "$(touch pwned)" here`);
  mkdirSync(odd);
  const [node, helper] = [join(odd, "node"), join(odd, "git-credential.mjs")];
  symlinkSync(nodePath, node);
  copyFileSync(fileURLToPath(new URL("../../../images/opencode/rootfs/git-credential.mjs", import.meta.url)), helper);
  const system = join(scratch, "system");
  const github = { origin: "https://github.com", command: [node, helper] };
  writeFileSync(system, gitConfigText({ workspace: "/w", credentials: github }));
  const credentials = (url: string, token: Record<string, string>) => {
    const env = { PATH: "/usr/bin:/bin", HOME: scratch, GIT_CONFIG_SYSTEM: system, GIT_TERMINAL_PROMPT: "0", ...token };
    const options = { env, cwd: scratch, input: `url=${url}\n\n`, encoding: "utf8" } as const;
    const { stdout } = spawnSync("git", ["credential", "fill"], options);
    return stdout.split("\n").filter((line) => /^(username|password)=/.test(line));
  };
  const GITHUB_TOKEN = "gho_$(id)%s\\n'\"";
  expect(credentials("https://github.com/a/b", { GITHUB_TOKEN })).toEqual([
    "username=x-access-token",
    `password=${GITHUB_TOKEN}`,
  ]);
  expect(credentials("https://github.com/a/b", {})).toEqual([]);
  for (const url of ["https://git.example.org/a", "http://github.com/a", "https://github.com:8443/a"])
    expect(credentials(url, { GITHUB_TOKEN })).toEqual([]);
  expect(existsSync(join(scratch, "pwned"))).toBe(false);
});

test("a log tells the lines from this start on, and begins anew when it grew too large", async () => {
  const path = join(scratch, "x.log");
  writeFileSync(path, "old\n");
  {
    await using log = await openSessionLog(path);
    execFileSync("/bin/sh", ["-c", "echo one; echo; echo two"], { stdio: ["ignore", log.fd, log.fd] });
    expect(await readTail(path, log.from)).toEqual(["one", "two"]);
  }
  writeFileSync(path, "x".repeat(6 * 1024 * 1024));
  await using log = await openSessionLog(path);
  expect(log.from).toBe(0);
  expect(statSync(path).size).toBe(0);
  expect(await readTail(join(scratch, "none.log"), 0)).toEqual([]);
});

test("a tree with read-only folders is removed", async () => {
  const inner = join(scratch, "a/b");
  mkdirSync(inner, { recursive: true });
  writeFileSync(join(inner, "f"), "x", { mode: 0o400 });
  chmodSync(inner, 0o500);
  chmodSync(join(scratch, "a"), 0o000);
  await removeTree(join(scratch, "a"));
  expect(existsSync(join(scratch, "a"))).toBe(false);
  await removeTree(join(scratch, "a"));
});
