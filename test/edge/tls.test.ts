import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dynamicConfig, staticConfig } from "../../src/deploy/edge/render-file.ts";
import { clusterTool } from "../cluster/harness/cluster-tools.ts";
import { Daemon } from "../cluster/harness/daemon.ts";
import { Keeper } from "../cluster/harness/keeper.ts";
import { call, eventually } from "../harness/http.ts";
import { freePorts } from "../harness/router.ts";
import { DOMAIN, edgeOptions, edgePorts } from "./harness/edge.ts";
import { startRecorder, type Recorder } from "./harness/recorder.ts";

const HOST = `attach-0123456789ab-oc.${DOMAIN}`;

let keeper: Keeper;
let recorder: Recorder;
let traefik: Daemon;
let ca: Buffer;
let caFile: string;
let secure = 0;
let plain = 0;
beforeAll(async () => {
  keeper = new Keeper();
  recorder = await startRecorder();
  const folder = await keeper.folder("edge-tls-");
  const [certFile, keyFile] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  const names = `subjectAltName=DNS:${DOMAIN},DNS:*.${DOMAIN}`;
  const subject = ["-subj", `/CN=${DOMAIN}`, "-addext", names, "-days", "2"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  await promisify(execFile)("openssl", ["req", "-x509", ...key, "-out", certFile, ...subject]);
  ca = await readFile(certFile);
  caFile = certFile;

  const ports = await edgePorts();
  [plain = 0] = await freePorts(1);
  secure = ports.web;
  const options = {
    ...edgeOptions(ports, { router: recorder.port, attach: recorder.port }),
    entryPoint: "secure",
    tls: true,
    proto: "https" as const,
  };
  const traefikOptions = {
    ...options,
    address: `127.0.0.1:${secure}`,
    plainAddress: `127.0.0.1:${plain}`,
    insideAddress: `127.0.0.1:${ports.inside}`,
    certificate: { certFile, keyFile },
    dynamicFolder: join(folder, "dynamic"),
    version: "3.6.12",
  };
  await mkdir(join(folder, "dynamic"));
  await writeFile(join(traefikOptions.dynamicFolder, "edge.yml"), dynamicConfig(options, traefikOptions));
  await writeFile(join(folder, "traefik.yml"), staticConfig(traefikOptions));
  const command = [clusterTool("traefik"), `--configFile=${join(folder, "traefik.yml")}`];
  traefik = new Daemon(keeper, { name: "traefik", command, log: join(folder, "traefik.log") });
  traefik.start();
  await eventually(
    async () => {
      traefik.check();
      return ask("/").catch(() => undefined);
    },
    (answer) => answer?.status === 200,
  );
  recorder.seen();
});
afterAll(async () => {
  await traefik?.stop("SIGKILL");
  await recorder?.[Symbol.asyncDispose]();
  await keeper?.[Symbol.asyncDispose]();
});

/** A request as a client makes it that trusts the operator's certificate, and no other. */
async function ask(path: string): Promise<{ status: number | undefined; text: string }> {
  const sent = request({
    host: "127.0.0.1",
    port: secure,
    servername: HOST,
    ca,
    path,
    headers: { host: HOST },
    agent: false,
  });
  sent.end();
  const [answer] = await once(sent, "response");
  return { status: answer.statusCode, text: await text(answer) };
}

test("without a tunnel Traefik itself has the certificate, and the router is told https", async () => {
  expect(await ask("/session")).toEqual({ status: 200, text: "recorded" });
  expect(recorder.seen()[0]).toMatchObject({ url: "/session", headers: { host: HOST, "x-forwarded-proto": "https" } });
});

test("plain http is sent to https, whatever is asked", async () => {
  const sent = await call(plain, "/a?b=c", { headers: { host: HOST } });
  expect([sent.status, sent.headers.location]).toEqual([301, `https://${HOST}/a?b=c`]);
  expect((await call(secure, "/", { headers: { host: HOST } }).catch(() => ({ status: 0 }))).status).not.toBe(200);
  expect(recorder.seen()).toEqual([]);
});

/** What the doctor prints of this edge. */
function doctor(env: Readonly<Record<string, string>>): Promise<string> {
  const file = fileURLToPath(new URL("../../src/deploy/doctor/main.ts", import.meta.url));
  const platform = { DOCTOR_URL: `https://${DOMAIN}:${secure}`, DOCTOR_SESSION_DOMAIN: DOMAIN };
  const variables = { PATH: process.env["PATH"] ?? "", ...platform, DOCTOR_ADDRESS: `127.0.0.1:${secure}`, ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", "tsx", file], { env: variables }, (_, stdout) => resolve(stdout));
  });
}

test("the doctor believes a certificate of the operator's own only if it is named", async () => {
  const strange = await doctor({});
  expect(strange.match(/FAILED {3}the certificate of /g)).toHaveLength(4);
  expect(strange).toContain("say NODE_EXTRA_CA_CERTS=<its file>");
  expect(strange.match(/"connection" has to be right first/g)).toHaveLength(2);
  const known = await doctor({ NODE_EXTRA_CA_CERTS: caFile });
  expect(known.match(/WARNING {2}the certificate of .*\n.* ends in 1 days: renew it/g)).toHaveLength(4);
  // Here nobody stands before the router, which this one answers for everybody.
  expect(known).toMatch(
    /FAILED {3}nobody is believed to be another: attach host\n.*BELIEVES A FORGED IDENTITY \(200\)/,
  );
});
