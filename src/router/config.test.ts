import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { inspect } from "node:util";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig, type Config } from "./config.ts";

function good(env: Record<string, string>): Config {
  const result = loadConfig(env);
  if (!result.ok) throw new Error(result.problems.join("\n"));
  return result.config;
}

const problems = (env: Record<string, string>): readonly string[] => {
  const result = loadConfig(env);
  return result.ok ? [] : result.problems;
};

const proxy = { AUTH_MODE: "proxy", EDGE_SECRET: "0123456789abcdef", ROUTER_DOMAIN: "code.example.org" };

describe("defaults", () => {
  test("without a variable it is one person on localhost", () => {
    const config = good({});
    expect(config.auth).toEqual({ mode: "local", email: "local@localhost" });
    expect(config.grammar).toEqual({
      mainHost: "localhost",
      sessionDomain: "localhost",
      routeSuffix: "-oc",
      attachPrefix: "attach-",
    });
    expect(config.urls).toEqual({
      proto: "http",
      main: "http://localhost:3000",
      sessionPort: ":3000",
      attachPort: ":4096",
      attachOrigin: "http://127.0.0.1:4096",
    });
    expect(config.listen.address).toBe("127.0.0.1");
  });
  test("behind an edge the public names have no port", () => {
    const { urls, listen } = good(proxy);
    expect(urls).toMatchObject({ proto: "https", main: "https://code.example.org", sessionPort: "", attachPort: "" });
    expect(urls.attachOrigin).toBeUndefined();
    expect(listen.address).toBe("0.0.0.0");
  });
  test("an empty variable is one that is not set", () => expect(good({ PORT: "" }).listen.port).toBe(3000));
  test("sessions may have a domain of their own", () => {
    const { grammar, urls } = good({ ...proxy, SESSION_DOMAIN: "S.example.net:8443" });
    expect(grammar.sessionDomain).toBe("s.example.net");
    expect(urls.sessionPort).toBe(":8443");
  });
});

describe("GitHub", () => {
  test.each([
    ["", "https://github.com"],
    ["https://git.example.org/api/v3", "https://git.example.org"],
    ["http://127.0.0.1:4000/api/v3", "http://127.0.0.1:4000"],
  ])("%j", (url, web) => expect(good({ GITHUB_API_URL: url }).github.web).toBe(web));
  test.each([
    "http://git.example.org/api/v3",
    "http://127.0.0.1.evil.example/api",
    "https://user:pw@git.example.org/api",
    "https://git.example.org/api?x=1",
    "https://",
    "git.example.org",
  ])("a token is not sent to %s", (url) => {
    expect(problems({ GITHUB_API_URL: url })).toEqual([expect.stringMatching(/^GITHUB_API_URL: must be an https URL/)]);
  });
});

describe("problems", () => {
  test("all are told at once, each with its variable", () => {
    const found = problems({ PORT: "no", AUTH_MODE: "magic", MAX_SESSIONS_PER_USER: "0", LOCAL_EMAIL: "nobody" });
    expect(found.map((line) => line.split(":", 1)[0])).toEqual([
      "AUTH_MODE",
      "PORT",
      "LOCAL_EMAIL",
      "MAX_SESSIONS_PER_USER",
    ]);
  });
  test.each([
    ["EDGE_SECRET", { AUTH_MODE: "proxy" }],
    ["EDGE_SECRET", { ...proxy, EDGE_SECRET: "short" }],
    ["BIND_ADDRESS", { BIND_ADDRESS: "0.0.0.0" }],
    ["BIND_ADDRESS", { ...proxy, BIND_ADDRESS: "eth0" }],
    ["SESSION_IMAGE", { RUNTIME: "kubernetes", SESSION_NAMESPACE: "s", INTERNAL_URL: "http://router:3001" }],
    ["INTERNAL_URL", { INTERNAL_URL: "https://router/x" }],
    ["STORAGE_SIZE", { STORAGE_SIZE: "much" }],
    ["NODE_SELECTOR", { NODE_SELECTOR: "fast" }],
    ["TOLERATIONS", { TOLERATIONS: '[{"Key":"x"}]' }],
    ["SESSION_RESOURCES", { SESSION_RESOURCES: "{}" }],
    ["ROUTE_SUFFIX", { ROUTE_SUFFIX: "_x" }],
    ["ATTACH_ROUTE_PREFIX", { ATTACH_ROUTE_PREFIX: "ide-" }],
    ["ROUTER_DOMAIN", { ROUTER_DOMAIN: "https://code.example.org/" }],
    ["DATABASE_URL", { DATABASE_URL: "mysql://x" }],
    ["DATA_DIR", { DATA_DIR: `/${"x".repeat(200)}` }],
    ["PORT, ATTACH_PORT and INTERNAL_PORT", { PORT: "4096" }],
    ["TOKEN_SECRET_FILE", { TOKEN_SECRET_FILE: "/nonexistent/file" }],
    ["ADMIN_EMAILS", { ADMIN_EMAILS: "a@example.org, b" }],
  ])("%s: %j", (name, env) => {
    const found = problems(env);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${name}:`));
  });
});

describe("secrets", () => {
  test("are also read from a file", () => {
    const folder = mkdtempSync(join(tmpdir(), "config-"));
    try {
      const file = join(folder, "secret");
      writeFileSync(file, "0123456789abcdef-token\n");
      expect(good({ TOKEN_SECRET_FILE: file }).secrets.token?.reveal()).toBe("0123456789abcdef-token");
      const both = { TOKEN_SECRET_FILE: file, TOKEN_SECRET: "0123456789abcdef" };
      expect(problems(both)[0]).toMatch(/^TOKEN_SECRET: give it or TOKEN_SECRET_FILE/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  test("never print", () => {
    const config = good({ ...proxy, DATABASE_URL: "postgres://u:hunter22hunter22@db/x" });
    const printed = inspect(config, { depth: 9 }) + JSON.stringify(config);
    expect(printed).not.toContain("hunter22");
    expect(printed).not.toContain(proxy.EDGE_SECRET);
  });
  test("are not in the sentence about a bad one", () => {
    expect(problems({ ...proxy, EDGE_SECRET: "hunter22" }).join()).not.toContain("hunter22");
  });
});
