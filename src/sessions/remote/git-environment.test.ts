import { expect, test } from "vitest";
import type { RemoteRepo } from "../../contracts/git-names.ts";
import { Secret } from "../../lib/secret.ts";
import { gitEnvironment } from "./git-environment.ts";

const https: RemoteRepo = { url: "https://git.example.org/x", kind: "https", host: "git.example.org", port: 443 };
const ssh: RemoteRepo = { url: "git@git.example.org:x", kind: "ssh", host: "git.example.org", port: 22 };
const base = {
  PATH: "/bin",
  HOME: "/home/me",
  SSH_AUTH_SOCK: "/s",
  GIT_DIR: "/other",
  GIT_SSL_CAINFO: "/ca",
  EDGE_SECRET: "x",
};

test("pins the addresses, forbids redirects and other protocols", () => {
  const env = gitEnvironment(https, { base, personal: false, addresses: ["1.1.1.1", "2606:4700::1"] });
  expect(env).toMatchObject({
    GIT_ALLOW_PROTOCOL: "https",
    GIT_CONFIG_COUNT: "2",
    GIT_CONFIG_KEY_0: "http.followRedirects",
    GIT_CONFIG_VALUE_0: "false",
    GIT_CONFIG_KEY_1: "http.curloptResolve",
    GIT_CONFIG_VALUE_1: "git.example.org:443:1.1.1.1,[2606:4700::1]",
  });
});

test("in a cluster git gets nothing of the router's own", () => {
  const env = gitEnvironment(https, { base, personal: false, addresses: [] });
  expect(env).toMatchObject({
    PATH: "/bin",
    HOME: "/nonexistent",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_SSL_CAINFO: "/ca",
  });
  expect(env).not.toHaveProperty("SSH_AUTH_SOCK");
  expect(env).not.toHaveProperty("EDGE_SECRET");
});

test("on a person's machine git gets the person's settings, but not another repository", () => {
  const env = gitEnvironment(https, { base, personal: true, addresses: [] });
  expect(env).toMatchObject({ HOME: "/home/me", SSH_AUTH_SOCK: "/s", GIT_TERMINAL_PROMPT: "0" });
  expect(env).not.toHaveProperty("GIT_DIR");
});

test("a token is a header for the web only", () => {
  const token = new Secret("t0ken");
  const header = `Authorization: Basic ${Buffer.from("x-access-token:t0ken").toString("base64")}`;
  expect(gitEnvironment(https, { base, personal: false, addresses: [], token })).toMatchObject({
    GIT_CONFIG_KEY_2: "http.https://git.example.org:443/.extraHeader",
    GIT_CONFIG_VALUE_2: header,
  });
  expect(Object.values(gitEnvironment(ssh, { base, personal: false, addresses: ["1.1.1.1"], token }))).not.toContain(
    header,
  );
});

test("ssh asks nothing, goes to the pinned address and checks the key of the name", () => {
  const plain = gitEnvironment(ssh, { base, personal: true, addresses: ["1.1.1.1"] }).GIT_SSH_COMMAND;
  expect(plain).toBe(
    "ssh -o 'BatchMode=yes' -o 'StrictHostKeyChecking=accept-new' -o 'HostName=1.1.1.1' -o 'HostKeyAlias=git.example.org'",
  );
  const cluster = gitEnvironment(
    { ...ssh, port: 2222 },
    { base, personal: false, addresses: ["1.1.1.1"] },
  ).GIT_SSH_COMMAND;
  expect(cluster).toContain("ssh -F none ");
  expect(cluster).toContain("'HostKeyAlias=[git.example.org]:2222'");
  expect(cluster).toContain("'IdentityAgent=none'");
});
