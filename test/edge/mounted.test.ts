import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { connect } from "node:tls";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EDGE_SECRET_HEADER, TOKEN_PREFIX } from "../../src/contracts/names.ts";
import type { EdgeOptions } from "../../src/deploy/edge/edge-options.ts";
import { dynamicConfig, staticConfig, type TraefikOptions } from "../../src/deploy/edge/render-file.ts";
import { traefikVolumes } from "../../src/deploy/edge/traefik-pod.ts";
import { clusterTool } from "../cluster/harness/cluster-tools.ts";
import { Daemon } from "../cluster/harness/daemon.ts";
import { Keeper } from "../cluster/harness/keeper.ts";
import { eventually } from "../harness/http.ts";
import { DOMAIN, edgeOptions, edgePorts } from "./harness/edge.ts";
import { MountedFolder } from "./harness/mounted-folder.ts";
import { startRecorder, type Recorder } from "./harness/recorder.ts";

let keeper: Keeper;
let recorder: Recorder;
let traefik: Daemon;
let mounted: MountedFolder;
let options: EdgeOptions;
let traefikOptions: TraefikOptions;
let folder = "";

interface Content {
  readonly edgeSecret: string;
  readonly certificate: Certificate;
}
interface Certificate {
  readonly crt: string;
  readonly key: string;
}
let first: Certificate;

/** Where the deployment's volume has each key of its two Secrets. */
function pathOf(key: string): string {
  const files = { staticMap: "static", routesSecret: "routes", tlsSecret: "tls" };
  const sources = traefikVolumes(files).flatMap((volume) => JSON.stringify(volume));
  return new RegExp(`"key":"${key}","path":"([^"]+)"`).exec(sources.join())?.[1] ?? "";
}

const mount = ({ edgeSecret, certificate }: Content) =>
  mounted.write({
    [pathOf("edge.yml")]: dynamicConfig({ ...options, edgeSecret }, traefikOptions),
    [pathOf("tls.crt")]: certificate.crt,
    [pathOf("tls.key")]: certificate.key,
  });

async function newCertificate(): Promise<Certificate> {
  const [crt, key] = [join(folder, "new.crt"), join(folder, "new.key")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  const subject = ["-subj", `/CN=${DOMAIN}`, "-addext", `subjectAltName=DNS:${DOMAIN}`, "-days", "2"];
  await promisify(execFile)("openssl", ["req", "-x509", ...kind, "-out", crt, ...subject]);
  return { crt: await readFile(crt, "utf8"), key: await readFile(key, "utf8") };
}

beforeAll(async () => {
  keeper = new Keeper();
  recorder = await startRecorder();
  folder = await keeper.folder("edge-mounted-");
  const ports = await edgePorts();
  const behind = { router: recorder.port, attach: recorder.port };
  options = { ...edgeOptions(ports, behind), tls: true, proto: "https" };
  mounted = new MountedFolder(join(folder, "dynamic"));
  traefikOptions = {
    ...options,
    address: `127.0.0.1:${ports.web}`,
    insideAddress: `127.0.0.1:${ports.inside}`,
    certificate: { certFile: join(mounted.path, pathOf("tls.crt")), keyFile: join(mounted.path, pathOf("tls.key")) },
    dynamicFolder: mounted.path,
    version: "3.6.12",
  };
  first = await newCertificate();
  await mount({ edgeSecret: "secret-0", certificate: first });
  await writeFile(join(folder, "traefik.yml"), staticConfig(traefikOptions));
  const command = [clusterTool("traefik"), `--configFile=${join(folder, "traefik.yml")}`];
  traefik = new Daemon(keeper, { name: "traefik", command, log: join(folder, "traefik.log") });
  traefik.start();
});
afterAll(async () => {
  await traefik?.stop("SIGKILL");
  await recorder?.[Symbol.asyncDispose]();
  await keeper?.[Symbol.asyncDispose]();
});

const port = () => Number(traefikOptions.address.split(":")[1]);

/** By what edge secret the router knows Traefik at the moment; undefined before there is a route. */
async function secretInUse(): Promise<unknown> {
  traefik.check();
  const headers = { host: DOMAIN, authorization: `Bearer ${TOKEN_PREFIX}any` };
  const sent = request({
    host: "127.0.0.1",
    port: port(),
    path: "/api/me",
    headers,
    rejectUnauthorized: false,
    agent: false,
  });
  sent.end();
  const answer = await once(sent, "response").catch(() => []);
  answer[0]?.resume();
  return recorder.seen().at(-1)?.headers[EDGE_SECRET_HEADER];
}

async function certificateInUse(): Promise<string | undefined> {
  const socket = connect({ host: "127.0.0.1", port: port(), servername: DOMAIN, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const raw = socket.getPeerX509Certificate()?.toString();
  socket.destroy();
  return raw;
}

const asText = ({ crt }: Certificate): string => new X509Certificate(crt).toString();

const untilInUse = async (edgeSecret: string) =>
  expect(await eventually(secretInUse, (secret) => secret === edgeSecret, 10_000)).toBe(edgeSecret);

test("Traefik reads the routes of a mounted secret once, though there are two ways to them", async () => {
  await untilInUse("secret-0");
  expect(await readFile(join(folder, "traefik.log"), "utf8")).not.toContain("already configured");
});

test("Traefik takes every change of a mounted secret, not only the first one", async () => {
  for (const edgeSecret of ["secret-1", "secret-2", "secret-3"]) {
    await mount({ edgeSecret, certificate: first });
    await untilInUse(edgeSecret);
  }
});

test("Traefik takes a renewed certificate without another start", async () => {
  expect(await certificateInUse()).toBe(asText(first));
  const renewed = await newCertificate();
  await mount({ edgeSecret: "secret-3", certificate: renewed });
  expect(await eventually(certificateInUse, (text) => text === asText(renewed))).toBe(asText(renewed));
  expect(await secretInUse()).toBe("secret-3");
});
