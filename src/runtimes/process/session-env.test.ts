import { expect, test } from "vitest";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { systemClock } from "../../lib/clock.ts";
import { secretNameProblem } from "../../contracts/user-secret.ts";
import { silentLog } from "../../lib/log.ts";
import { Secret } from "../../lib/secret.ts";
import type { SessionSpec } from "../runtime.ts";
import type { Settings } from "./options.ts";
import { baseEnv, cloneTokenEnv, configEnv, secretEnv, sessiondEnv, workspaceEnv } from "./session-env.ts";
import { sessionFolder } from "./session-folder.ts";

const hash = "0123456789ab" as SessionHash;
const folder = sessionFolder("/data", hash);
const spec: SessionSpec = {
  hash,
  owner: "ann@example.org",
  repoUrl: "https://example.org/$(x).git",
  branch: "b",
  sourceBranch: "main",
  initialMessage: null,
  sessionKey: new Secret("the-session-key"),
  secrets: {},
  githubToken: null,
};
const settings: Settings = {
  dataDir: "/data",
  sessiondMain: "/dist/main.js",
  nodePath: "/opt/node/bin/node",
  opencodeBin: "/bin/opencode",
  initDir: "/init",
  bakedConfig: "/baked.json",
  sessionEnv: { OPENROUTER_API_KEY: "k", TERM: "dumb", HOME: "/elsewhere", WORKSPACE: "/elsewhere" },
  path: "/usr/bin",
  portUrlPattern: (of) => `http://{port}-${of}-oc.localhost/`,
  routerUrlFile: "/data/router-url",
  log: silentLog,
  clock: systemClock,
  startTimeoutMs: 1,
  cloneTimeoutMs: 1,
  stopGraceMs: 1,
};

test("the operator's variables change defaults, not what names the session; nothing comes from this process", () => {
  expect(baseEnv(settings, spec, folder)).toEqual({
    PATH: "/usr/bin:/opt/node/bin",
    LANG: "C.UTF-8",
    TERM: "dumb",
    SHELL: "/bin/bash",
    TZ: expect.any(String) as string,
    OPENROUTER_API_KEY: "k",
    HOME: "/data/sessions/0123456789ab/home",
    GIT_CONFIG_SYSTEM: "/data/sessions/0123456789ab/gitconfig",
    STATE_DIR: "/data/sessions/0123456789ab/home/.local/state/opencode-router",
    WORKSPACE: "/data/sessions/0123456789ab/home/workspace",
    OPENCODE_ROUTER_SESSION: hash,
    OPENCODE_ROUTER_PORT_URL: "http://{port}-0123456789ab-oc.localhost/",
  });
});

test("sessiond gets files' names, never the key; the first message only when there is one", () => {
  const env = sessiondEnv(settings, spec, folder);
  expect(env).toMatchObject({ SESSION_HASH: hash, SESSION_KEY_FILE: folder.key, SESSIOND_SOCKET: folder.socket });
  expect(JSON.stringify(env)).not.toContain("the-session-key");
  expect(env).not.toHaveProperty("INITIAL_MESSAGE_FILE");
  expect(sessiondEnv(settings, { ...spec, initialMessage: "hi" }, folder)).toMatchObject({
    INITIAL_MESSAGE_FILE: folder.initialMessage,
  });
});

test("secrets are there as they are, but none in the place of a platform's variable", () => {
  const secrets = Object.fromEntries(
    ["NPM_TOKEN", "TERM", "PATH", "SESSION_HASH", "OPENCODE_SERVER_PASSWORD", "LD_PRELOAD"].map((name) => [
      name,
      new Secret(`secret $(x) of ${name}`),
    ]),
  );
  expect(secretEnv({ ...spec, secrets })).toEqual({ NPM_TOKEN: "secret $(x) of NPM_TOKEN" });
});

test("the token of the sign-in is sessiond's own and the clone's; what the person or the operator has set comes first", () => {
  const signedIn = { ...spec, githubToken: new Secret("gho_signed_in") };
  expect(sessiondEnv(settings, spec, folder)).not.toHaveProperty("SESSIOND_GITHUB_TOKEN");
  expect(sessiondEnv(settings, signedIn, folder)).toMatchObject({ SESSIOND_GITHUB_TOKEN: "gho_signed_in" });
  expect(JSON.stringify([baseEnv(settings, signedIn, folder), secretEnv(signedIn)])).not.toContain("gho_");
  const operators = { sessionEnv: { GITHUB_TOKEN: "gho_operator" } };
  const own = { ...signedIn, secrets: { GITHUB_TOKEN: new Secret("gho_own") } };
  expect(cloneTokenEnv(settings, spec)).toEqual({});
  expect(cloneTokenEnv(settings, signedIn)).toEqual({ GITHUB_TOKEN: "gho_signed_in" });
  expect(cloneTokenEnv(operators, signedIn)).toEqual({ GITHUB_TOKEN: "gho_operator" });
  expect(cloneTokenEnv(operators, own)).toEqual({ GITHUB_TOKEN: "gho_own" });
});

test("nobody's secret may have the name of a variable that is set here", () => {
  const github = { origin: "https://github.com", credentialHelper: "/h.mjs" };
  const full = { ...settings, sessionEnv: {}, modelsFile: "/m", overridesFile: "/o", github };
  const set = {
    ...baseEnv(full, spec, folder),
    ...configEnv(full, spec),
    ...workspaceEnv(spec),
    ...sessiondEnv(full, { ...spec, initialMessage: "hi", githubToken: new Secret("gho_1") }, folder),
  };
  expect(Object.keys(set).filter((name) => secretNameProblem(name) === undefined)).toEqual([]);
});

test("init steps get values as they are; a blank project has empty ones", () => {
  expect(workspaceEnv(spec)).toEqual({ REPO_URL: "https://example.org/$(x).git", BRANCH: "b", SOURCE_BRANCH: "main" });
  expect(workspaceEnv({ ...spec, repoUrl: null, branch: null, sourceBranch: null })).toEqual({
    REPO_URL: "",
    BRANCH: "",
    SOURCE_BRANCH: "",
  });
  expect(configEnv(settings, spec)).toEqual({
    BAKED_CONFIG: "/baked.json",
    GIT_USER_NAME: "ann",
    GIT_USER_EMAIL: "ann@example.org",
  });
  expect(configEnv({ ...settings, modelsFile: "/m", overridesFile: "/o" }, spec)).toMatchObject({
    MODELS_CONFIG: "/m",
    OVERRIDES_CONFIG: "/o",
  });
});
