import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { EDGE_SECRET_HEADER, IDENTITY_HEADERS } from "../../src/contracts/names.ts";
import type { EdgeOptions, EdgeService, ServiceAddress } from "../../src/deploy/edge/edge-options.ts";
import { traefikObjects } from "../../src/deploy/edge/render-crd.ts";
import { startControlPlane, type ControlPlane } from "../cluster/harness/control-plane.ts";
import { eventually } from "../harness/http.ts";
import { EDGE_SECRET } from "../harness/router.ts";
import { edgeOptions, edgePorts, TestEdge } from "./harness/edge.ts";
import { startRecorder, type Recorder } from "./harness/recorder.ts";
import { ownAddress, startRelay } from "./harness/relay.ts";
import { signedIn } from "./harness/visitor.ts";

const HASH = "0123456789ab";
const TRAEFIK = fileURLToPath(new URL("../../tools/traefik", import.meta.url));

const ends: AsyncDisposable[] = [];
const keep = <T extends AsyncDisposable>(thing: T): T => {
  ends.push(thing);
  return thing;
};
let plane: ControlPlane;
let router: Recorder;
let attach: Recorder;
let edge: TestEdge;

/** The definitions of the very version that runs here, out of the sources that `make tools` builds it from. */
async function definitions(): Promise<string> {
  const args = ["mod", "download", "-json", "github.com/traefik/traefik/v3"];
  const { stdout } = await promisify(execFile)("go", args, { cwd: TRAEFIK });
  const { Dir: sources } = JSON.parse(stdout) as { Dir: string };
  return readFile(
    join(sources, "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"),
    "utf8",
  );
}

/** A service of the cluster whose one endpoint is a port of this machine. */
function serviceObjects({ name, namespace, port }: ServiceAddress, address: string, target: number): object[] {
  const metadata = { name, namespace };
  return [
    { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ name: "http", port, targetPort: target }] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: "http", port: target, protocol: "TCP" }],
    },
  ];
}

beforeAll(async () => {
  plane = keep(await startControlPlane());
  router = keep(await startRecorder());
  attach = keep(await startRecorder());
  const ports = await edgePorts();
  const behind = { router: router.port, attach: attach.port };
  const plain = edgeOptions(ports, behind);
  const services: EdgeOptions["services"] = {
    router: { ...plain.services.router, name: "router", namespace: "p-system", port: 3000 },
    attach: { ...plain.services.attach, name: "router-attach", namespace: "p-system", port: 4096 },
    "oauth2-proxy": { ...plain.services["oauth2-proxy"], name: "oauth2-proxy", namespace: "p-edge", port: 4180 },
  };
  const targets: Record<EdgeService, number> = { ...behind, "oauth2-proxy": ports.signIn };
  const address = ownAddress();
  const objects: object[] = ["p-system", "p-edge"].map((name) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name },
  }));
  for (const [name, service] of Object.entries(services)) {
    const relay = keep(await startRelay(address, targets[name as EdgeService]));
    objects.push(...serviceObjects(service, address, relay.port));
  }
  await plane.apply(await definitions());
  await plane.kubectl(
    "wait",
    "--for=condition=Established",
    "crd/ingressroutes.traefik.io",
    "crd/middlewares.traefik.io",
  );
  objects.push(...traefikObjects({ ...plain, services }, { prefix: "p" }));
  // Without a word about it, the cluster would drop a field that it does not know; kubectl refuses it.
  await plane.apply(objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join("---\n"));
  const access = { endpoint: plane.server, token: plane.token(), certAuthFilePath: plane.caFile };
  const provider = { kubernetesCRD: { ...access, namespaces: ["p-system", "p-edge"], allowCrossNamespace: false } };
  edge = keep(await TestEdge.start({ ports, behind, people: ["alice"], changes: { services }, provider }));
});
afterAll(async () => {
  for (const end of ends.toReversed()) await end[Symbol.asyncDispose]();
});

test("a Traefik that is there leads people the same ways by the resources", async () => {
  const cookie = await signedIn(edge, "alice");
  router.seen();
  for (const host of ["", `${HASH}-oc`, `ide-${HASH}-oc`, `5173-${HASH}-oc`]) {
    const forged = { [IDENTITY_HEADERS.email]: "mallory@example.org", [EDGE_SECRET_HEADER]: "forged" };
    expect([host, (await edge.call(host, "/", { headers: { cookie, ...forged } })).status]).toEqual([host, 200]);
    const [request] = router.seen();
    expect(request?.headers[IDENTITY_HEADERS.email]).toBe("alice@example.org");
    expect(request?.headers[EDGE_SECRET_HEADER]).toBe(EDGE_SECRET);
  }
  for (const host of ["", `${HASH}-oc`]) {
    expect((await edge.call(host, "/")).status).toBe(401);
    expect((await edge.call(host, "/", { headers: { accept: "text/html" } })).status).toBe(302);
  }
  expect((await edge.call(`5173-${HASH}-oc`, "/", { headers: { accept: "text/html" } })).status).toBe(200);
  expect(router.seen().map(({ headers }) => headers[IDENTITY_HEADERS.email])).toEqual([undefined]);
  expect((await edge.call(`attach-${HASH}-oc`, "/", { headers: { [EDGE_SECRET_HEADER]: "forged" } })).status).toBe(200);
  expect(attach.seen().map(({ headers }) => headers[EDGE_SECRET_HEADER])).toEqual([undefined]);
  expect((await edge.call("unknown", "/")).status).toBe(404);
});

test("a changed secret of the edge is used as soon as its resource is", async () => {
  const changed = { spec: { headers: { customRequestHeaders: { "X-Edge-Secret": "another-secret" } } } };
  const args = ["--namespace=p-system", "--type=merge", `--patch=${JSON.stringify(changed)}`];
  await plane.kubectl("patch", "middlewares.traefik.io", "p-edge-secret", ...args);
  await eventually(
    async () => {
      await edge.call(`5173-${HASH}-oc`, "/");
      return router.seen().at(-1)?.headers[EDGE_SECRET_HEADER];
    },
    (secret) => secret === "another-secret",
  );
});
