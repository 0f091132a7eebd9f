import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { inClusterSource, kubeconfigSource } from "./cluster-source.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN PRIVATE KEY-----\nsecret-key\n-----END PRIVATE KEY-----\n";
const base64 = (text: string) => Buffer.from(text).toString("base64");

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cluster-source-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const POD = { serviceHost: "10.96.0.1", servicePort: "443" };

test("in a pod: the service account, whose token is read again as it rotates", async () => {
  const accountFolder = await folderOf({ token: "first\n", "ca.crt": PEM, namespace: "sessions\n" });
  const clock = new FakeClock();
  const source = await inClusterSource({ ...POD, accountFolder }, clock);
  expect(source).toMatchObject({ server: new URL("https://10.96.0.1:443/"), tls: { ca: PEM }, namespace: "sessions" });
  const shown = async () => (await source.token?.get())?.reveal();
  await writeFile(join(accountFolder, "token"), "second");
  expect(await shown()).toBe("first");
  await clock.pass(60_000);
  expect(await shown()).toBe("second");
  await writeFile(join(accountFolder, "token"), "third");
  source.token?.forget();
  expect(await shown()).toBe("third");
});

test("in a pod with IPv6, without a namespace", async () => {
  const accountFolder = await folderOf({ token: "abc", "ca.crt": PEM });
  const source = await inClusterSource({ serviceHost: "fd00::1", servicePort: "6443", accountFolder });
  expect(source.server.href).toBe("https://[fd00::1]:6443/");
  expect("namespace" in source).toBe(false);
});

test.each([
  ["no pod", {}, POD, /no cluster to talk to: .*\/token is not there.* and KUBECONFIG names no file/],
  ["no host", { token: "abc" }, { ...POD, serviceHost: undefined }, /KUBERNETES_SERVICE_HOST is not set/],
  ["no port", { token: "abc" }, { ...POD, servicePort: undefined }, /KUBERNETES_SERVICE_PORT is not set/],
  ["nonsense", { token: "abc" }, { ...POD, servicePort: "tcp://1" }, /KUBERNETES_SERVICE_PORT are no address/],
  ["no authority", { token: "abc" }, POD, /ca\.crt cannot be read: ENOENT/],
  ["a bad authority", { token: "abc", "ca.crt": "abc" }, POD, /ca\.crt holds no PEM text/],
  ["an empty token", { token: "\n" }, POD, /token is empty: it must hold a token/],
])("in a pod: %s is told", async (_, files, places, sentence) => {
  const accountFolder = await folderOf(files as Record<string, string>);
  await expect(inClusterSource({ ...places, accountFolder })).rejects.toThrow(sentence);
});

interface Parts {
  cluster?: object;
  user?: object;
  context?: object;
  rest?: object;
}

const configText = ({ cluster, user, context, rest }: Parts): string =>
  stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "here",
    contexts: [{ name: "here", context: { cluster: "c", user: "u", ...context } }],
    clusters: [{ name: "c", cluster: { server: "https://api.example.org:6443/k8s", ...cluster } }],
    users: [{ name: "u", user: user ?? {} }],
    ...rest,
  });

async function openConfig(text: string, files: Record<string, string> = {}) {
  const folder = await folderOf({ ...files, config: text });
  return kubeconfigSource(join(folder, "config"), new FakeClock());
}

test("a kubeconfig with everything in it", async () => {
  const source = await openConfig(
    configText({
      cluster: { "certificate-authority-data": base64(PEM), "tls-server-name": "kubernetes" },
      user: { token: "abc", "client-certificate-data": base64(PEM), "client-key-data": base64(KEY) },
      context: { namespace: "sessions" },
    }),
  );
  expect(source).toMatchObject({
    server: new URL("https://api.example.org:6443/k8s"),
    tls: { ca: PEM, cert: PEM, servername: "kubernetes" },
    namespace: "sessions",
  });
  expect(source.tls.key?.reveal()).toBe(KEY);
  expect((await source.token?.get())?.reveal()).toBe("abc");
  expect(JSON.stringify(source)).not.toContain("secret-key");
});

test("files are relative to the kubeconfig", async () => {
  const source = await openConfig(
    configText({
      cluster: { "certificate-authority": "ca.pem" },
      user: { tokenFile: "./token", "client-certificate": "cert.pem", "client-key": "key.pem" },
    }),
    { "ca.pem": PEM, "cert.pem": PEM, "key.pem": KEY, token: "abc\n" },
  );
  expect(source.tls).toMatchObject({ ca: PEM, cert: PEM });
  expect((await source.token?.get())?.reveal()).toBe("abc");
});

test("a local proxy needs no credentials", async () => {
  const config = { cluster: { server: "http://127.0.0.1:8001" }, context: { user: "", namespace: "" } };
  const source = await openConfig(configText({ ...config, rest: { users: null } }));
  expect(source).toEqual({ server: new URL("http://127.0.0.1:8001"), tls: {} });
});

test("a certificate that is not to be looked at", async () => {
  const source = await openConfig(configText({ cluster: { "insecure-skip-tls-verify": true } }));
  expect(source.tls).toEqual({ isUnverified: true });
});

const TOKEN = "very-secret-token";

test.each([
  ["no context", configText({ rest: { "current-context": "there" } }), /there is no context "there"/],
  ["no current context", configText({ rest: { "current-context": "" } }), /current-context is not as in a kubeconfig/],
  ["no cluster", configText({ context: { cluster: "x" } }), /there is no cluster "x", which context "here" names/],
  ["no user", configText({ context: { user: "x" } }), /there is no user "x", which context "here" names/],
  ["no server", configText({ cluster: { server: 7 } }), /clusters\.0\.cluster\.server is not as in a kubeconfig/],
  ["credentials in the URL", configText({ cluster: { server: `https://u:${TOKEN}@h` } }), /without credentials/],
  ["another protocol", configText({ cluster: { server: "ftp://h" } }), /not an http or https URL/],
  ["exec", configText({ user: { exec: { command: "aws" } } }), /user "u" signs in by exec.*use token, tokenFile or/],
  ["auth-provider", configText({ user: { "auth-provider": { name: "gcp" } } }), /by auth-provider, which is not/],
  ["a password", configText({ user: { username: "ann", password: TOKEN } }), /signs in by username/],
  ["a proxy", configText({ cluster: { "proxy-url": "http://p" } }), /cluster "c" is behind a proxy-url/],
  ["plain http", configText({ cluster: { server: "http://h" }, user: { token: TOKEN } }), /sent over https only/],
  ["half a pair", configText({ user: { "client-key-data": base64(KEY) } }), /client-key and no client-certificate/],
  ["the other half", configText({ user: { "client-certificate-data": base64(PEM) } }), /and no client-key$/],
  ["no PEM", configText({ cluster: { "certificate-authority-data": base64(TOKEN) } }), /-data holds no PEM text/],
  ["a missing file", configText({ user: { tokenFile: "gone" } }), /\/gone cannot be read: ENOENT/],
  ["a token that is no text", configText({ user: { token: { a: TOKEN } } }), /users\.0\.user\.token is not as in/],
  ["no YAML", `token: ${TOKEN}\n  x: [`, /it is not YAML/],
  ["nothing", "", /it is not as in a kubeconfig/],
])("a kubeconfig with %s is told, and no secret with it", async (_, text, sentence) => {
  const failure = await openConfig(text).catch((error: Error) => error);
  expect(failure).toMatchObject({ name: "ClusterSourceError", message: expect.stringMatching(sentence) as string });
  expect((failure as Error).message).toMatch(/^KUBECONFIG \/.*\/config: /);
  expect(JSON.stringify([failure, (failure as Error).message, (failure as Error).stack])).not.toContain(TOKEN);
});

test("a kubeconfig that is not there, or several, are told", async () => {
  await expect(kubeconfigSource("/nowhere/config")).rejects.toThrow("/nowhere/config cannot be read: ENOENT");
  await expect(kubeconfigSource("/a:/b")).rejects.toThrow("KUBECONFIG names several files: name one");
});
