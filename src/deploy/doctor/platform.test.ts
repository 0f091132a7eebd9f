import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parseHost } from "../../contracts/hosts.ts";
import { PROJECT } from "../settings/keys.ts";
import { StackConfig } from "../stack/stack-config.ts";
import { DOORS, doorUrl, foreignPlatform, platformOfStack } from "./platform.ts";
import { POLICY_SCRIPT } from "./policy-script.ts";

const config = (texts: Readonly<Record<string, string>>) => {
  const shown = Object.entries(texts).map(([name, value]) => [`${PROJECT}:${name}`, { value, secret: false }]);
  return StackConfig.parse(JSON.stringify(Object.fromEntries(shown)));
};

test("a stack is what its configuration and its outputs say, without its secrets", () => {
  const texts = { domain: "example.org", name: "acme", kubeContext: "prod", "sessions.storageClass": "fast" };
  const record = { type: "CNAME", name: "*.example.org", content: "t.cfargotunnel.com", proxied: true };
  const outputs = { url: "https://code.example.org", dnsRecords: [record], namespaces: {} };
  const platform = platformOfStack(config(texts), outputs);
  expect(platform).toMatchObject({
    hosts: { mainHost: "code.example.org", sessionDomain: "example.org", routeSuffix: "-oc", attachPrefix: "attach-" },
    dnsRecords: ["CNAME *.example.org → t.cfargotunnel.com"],
    cluster: {
      context: "prod",
      namespaces: { edge: "acme-edge", system: "acme-system", sessions: "acme-sessions" },
      storageClasses: [{ key: "sessions.storageClass", name: "fast" }, { key: "database.storageClass" }],
    },
    notDeployed: undefined,
  });
  expect(platform.callbackUrl.href).toBe("https://oauth.example.org/oauth2/callback");
});

test("a stack without outputs is not deployed, and one without a domain not configured", () => {
  expect(platformOfStack(config({ domain: "example.org" }), {}).notDeployed).toContain("make up");
  expect(() => platformOfStack(config({}), {})).toThrow("make init");
});

test("somebody else's platform is known by its address", () => {
  const platform = foreignPlatform({ DOCTOR_URL: "https://code.example.org:8443" });
  expect(platform.callbackUrl.href).toBe("https://oauth.example.org:8443/oauth2/callback");
  expect(platform.cluster).toBeUndefined();
  for (const door of DOORS) {
    const url = doorUrl(door, platform);
    expect([url.port, parseHost(url.host, platform.hosts)?.kind]).toEqual(["8443", door]);
  }
});

test("the pod's program tells what it reaches and what not", async () => {
  const folder = await mkdtemp(join(tmpdir(), "policy-"));
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  try {
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const closed = ["127.0.0.1", 1];
    const env = {
      TARGETS: JSON.stringify({ allowed: ["127.0.0.1", port], forbidden: [closed, ["127.0.0.1", port]] }),
      RESULT_FILE: join(folder, "result"),
    };
    await promisify(execFile)(process.execPath, ["--eval", POLICY_SCRIPT], { env });
    const result: unknown = JSON.parse(await readFile(env.RESULT_FILE, "utf8"));
    expect(result).toEqual({ allowed: "open", forbidden: ["ECONNREFUSED", "open"] });
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
});
