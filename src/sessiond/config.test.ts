import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadConfig } from "./config.ts";

const folder = mkdtempSync(join(tmpdir(), "ocr-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keyFile = join(folder, "key");
writeFileSync(keyFile, "0123456789abcdef0123456789abcdef\n");
const env = {
  SESSION_HASH: "0123456789ab",
  SESSION_KEY_FILE: keyFile,
  SESSIOND_SOCKET: "/run/session/sock",
  WORKSPACE: "/work",
  STATE_DIR: "/state",
  OPENCODE_BIN: "opencode",
  HOME: "/home/x",
};

const problemsOf = (change: NodeJS.ProcessEnv): readonly string[] => {
  const loaded = loadConfig({ ...env, ...change });
  return loaded.ok ? [] : loaded.problems;
};

test("reads the key from its file, without the end of the line, and keeps it out of prints", () => {
  const loaded = loadConfig({ ...env, ROUTER_URL_FILE: "/router-url" });
  if (!loaded.ok) throw new Error(loaded.problems.join());
  expect(loaded.config.sessionKey.equals("0123456789abcdef0123456789abcdef")).toBe(true);
  expect(JSON.stringify(loaded)).not.toContain("0123456789abcdef0123456789abcdef");
  expect(loaded.config.router).toEqual({ kind: "file", path: "/router-url" });
  expect(loaded.config.listen).toEqual({ kind: "socket", path: "/run/session/sock" });
});

test("opencode inherits nothing that is sessiond's own", () => {
  const loaded = loadConfig({
    ...env,
    ROUTER_URL: "http://127.0.0.1:3001",
    SESSIOND_BIND: "127.0.0.1",
    SESSIOND_GITHUB_TOKEN: "gho_1",
    SESSIOND_GITHUB_ORIGIN: "https://github.example.org",
    GIT_CREDENTIAL_SOCKET: "/git.sock",
  });
  expect(JSON.stringify(loaded)).not.toContain("gho_1");
  expect(loaded.ok && Object.keys(loaded.config.opencode.env).toSorted()).toEqual([
    "GIT_CREDENTIAL_SOCKET",
    "HOME",
    "OPENCODE_BIN",
    "SESSION_HASH",
    "STATE_DIR",
    "WORKSPACE",
  ]);
});

test("knows whom the token for GitHub is for; what cannot be one is none", () => {
  const github = (change: NodeJS.ProcessEnv = {}) => {
    const loaded = loadConfig({ ...env, ...change });
    return loaded.ok ? { ...loaded.config.github, token: loaded.config.github.token?.reveal() } : loaded.problems;
  };
  expect(github()).toEqual({ socket: undefined, origin: "https://github.com", token: undefined });
  const change = {
    GIT_CREDENTIAL_SOCKET: "/s",
    SESSIOND_GITHUB_ORIGIN: "https://git.example.org/",
    SESSIOND_GITHUB_TOKEN: "t",
  };
  expect(github(change)).toEqual({ socket: "/s", origin: "https://git.example.org", token: "t" });
  for (const token of ["", "a b", "a\nb"])
    expect(github({ SESSIOND_GITHUB_TOKEN: token })).toMatchObject({ token: undefined });
  expect(github({ SESSIOND_GITHUB_ORIGIN: "ftp://x" })).toEqual([expect.stringContaining("SESSIOND_GITHUB_ORIGIN: ")]);
});

test("reports all problems at once, each with its variable", () => {
  const change = { SESSION_HASH: "nope", WORKSPACE: "relative", SESSIOND_PORT: "70000", SESSION_KEY_FILE: "/missing" };
  const names = problemsOf({ ...change, OPENCODE_BIN: "", SESSIOND_SOCKET: "" }).map(
    (problem) => problem.split(":")[0],
  );
  expect(names.toSorted()).toEqual(["OPENCODE_BIN", "SESSIOND_PORT", "SESSION_HASH", "SESSION_KEY_FILE", "WORKSPACE"]);
});

test("wants a socket or a port, and a socket that the system can hold", () => {
  expect(problemsOf({ SESSIOND_PORT: "4100" })).toEqual([
    "SESSIOND_SOCKET: set exactly one of SESSIOND_SOCKET and SESSIOND_PORT",
  ]);
  expect(problemsOf({ SESSIOND_SOCKET: "" })).toHaveLength(1);
  expect(problemsOf({ SESSIOND_SOCKET: `/${"x".repeat(107)}` })).toHaveLength(1);
  expect(problemsOf({ SESSIOND_SOCKET: "", SESSIOND_PORT: "4100" })).toEqual([]);
});
