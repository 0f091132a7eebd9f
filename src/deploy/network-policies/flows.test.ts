import { describe, expect, test } from "vitest";
import { read } from "../settings/stack.fixture.ts";
import { flows, flowWarnings } from "./flows.ts";
import { API, check } from "../../../test/harness/network-places.ts";
import { networkPolicies } from "./render.ts";

describe("without the ranges of the API server", () => {
  const settings = read({});
  check(settings, {
    allowed: `
      router → API server:443
      router → private server:6443
      router → session:4100`,
    refused: `
      router → session:3000
      router → oauth2-proxy:4180
      session → API server:443
      session → private server:6443
      traefik → private server:6443
      oauth2-proxy → private server:6443`,
  });
  test("a warning says that the router may go anywhere, and nothing does where they are known", () => {
    expect(flowWarnings(settings)).toEqual([expect.stringMatching(/^cluster\.apiServerCidrs: .*every address/)]);
    expect(flowWarnings(read(API))).toEqual([]);
  });
});

describe("where the operator says what sessions reach", () => {
  const extra = JSON.stringify([{ cidr: "10.1.2.3/32", ports: [5432] }, { cidr: "fd12::/64" }]);
  check(read({ ...API, "sessions.egressPorts": "443", "sessions.extraEgress": extra }), {
    allowed: `
      session → private server:5432
      session → private server over IPv6:8080
      router → private server:5432
      session → internet:443`,
    refused: `
      session → private server:443
      session → internet:80
      router → internet:22
      oauth2-proxy → private server:5432
      pre-puller → private server:5432`,
  });
});

describe("where sessions reach nothing", () => {
  const nothing = { "sessions.egressPorts": "[]", "cluster.nodeLocalDnsCidrs": "[]" };
  check(read({ ...API, ...nothing, "router.githubApiUrl": "https://git.acme.dev:8443/api/v3" }), {
    allowed: `
      session → router:3001
      session → dns:53/udp
      router → private server:8443`,
    refused: `
      session → internet:443
      session → internet:9999
      session → node-local dns:53/udp
      session → metadata:53/udp
      router → internet:22`,
  });
});

describe("where pods have public addresses and the DNS is another", () => {
  const cluster = {
    ...API,
    "cluster.podCidrs": "52.1.0.0/16,2600:1::/64,fd00:1::/64",
    "cluster.dnsNamespace": "openshift-dns",
    "cluster.dnsPodLabels": '{"dns.operator.openshift.io/daemonset-dns":"default"}',
    "cluster.dnsPort": "5353",
  };
  check(read(cluster), {
    allowed: `
      session → openshift dns:5353/udp
      router → openshift dns:5353
      router → session with a public address:4100
      session with a public address → router:3001
      session → internet:443`,
    refused: `
      session → session with a public address:443
      session → session with a public IPv6 address:443
      session → dns:53/udp
      router → session with a public address:443`,
  });
  test("an exception is a real part of its range, which the API server insists on", () => {
    const blocks = networkPolicies(read(cluster)).flatMap(({ spec }) =>
      (spec.egress ?? []).flatMap(({ to = [] }) => to.flatMap(({ ipBlock }) => ipBlock ?? [])),
    );
    const v6 = blocks.filter(({ cidr }) => cidr === "2000::/3");
    expect(v6.length).toBeGreaterThan(0);
    for (const { except } of v6) {
      expect(except).toContain("2600:1::/64");
      expect(except).not.toContain("fd00:1::/64");
      expect(except).not.toContain("52.1.0.0/16");
    }
  });
});

test("each row says why, and no two say the same", () => {
  const table = flows(read({ "database.kind": "deploy" }));
  for (const { why } of table) expect(why).toMatch(/^\w.+[^.]$/);
  const rows = table.map(({ from, to, ports }) => JSON.stringify([from, to, ports]));
  expect(new Set(rows).size).toBe(rows.length);
});

test("each namespace refuses everything that no other policy allows, and names are unique", () => {
  const policies = networkPolicies(read({}));
  for (const zone of ["edge", "system", "sessions"])
    expect(policies).toContainEqual(
      expect.objectContaining({
        zone,
        name: "default-deny",
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      }),
    );
  const names = policies.map(({ zone, name }) => `${zone}/${name}`);
  expect(new Set(names).size).toBe(names.length);
});
