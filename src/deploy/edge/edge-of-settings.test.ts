import { expect, test } from "vitest";
import { dropping, read } from "../settings/stack.fixture.ts";
import { edgeProblems } from "./edge-options.ts";
import { edgeOf, traefikUrl } from "./edge-of-settings.ts";

const NO_TUNNEL = { ...dropping("tunnel.token"), "tunnel.kind": "none" };
const OWN_TLS = { ...NO_TUNNEL, "tls.secretName": "wildcard" };
const EXISTING = { "traefik.install": "false", "traefik.namespace": "ingress" };

test("the edge of a stack has hosts that can be used, and leads to its own Services", () => {
  const edge = edgeOf(read({ name: "team", sessionDomain: "s.example.org" }));
  expect(edgeProblems(edge)).toEqual([]);
  expect(edge).toMatchObject({ proto: "https", cookieName: "__Secure-team", mainHost: "code.example.org" });
  expect(Object.values(edge.services).map(({ url }) => url)).toEqual([
    "http://router.team-system.svc.cluster.local:3000",
    "http://router-attach.team-system.svc.cluster.local:4096",
    "http://oauth2-proxy.team-edge.svc.cluster.local:4180",
  ]);
});

test.each<[string, Record<string, string>, object]>([
  [
    "a tunnel",
    { "traefik.trustedIps": '["10.0.0.0/8"]' },
    { entryPoint: "web", tls: false, tunnel: true, trustedIps: [] },
  ],
  [
    "a Service",
    { ...OWN_TLS, "traefik.trustedIps": '["10.0.0.0/8"]' },
    { entryPoint: "web", tls: true, tunnel: false, trustedIps: ["10.0.0.0/8"] },
  ],
  [
    "a Traefik that is there",
    { ...NO_TUNNEL, ...EXISTING },
    { entryPoint: "websecure", tls: true, tunnel: false, trustedIps: [] },
  ],
  [
    "a Traefik that is there, behind what ends TLS",
    { ...NO_TUNNEL, ...EXISTING, "traefik.entryPoint": "web" },
    { entryPoint: "web", tls: false, tunnel: false },
  ],
  ["a tunnel to a Traefik that is there", EXISTING, { entryPoint: "web", tls: false, tunnel: true }],
  [
    "a tunnel to the TLS of a Traefik that is there",
    { ...EXISTING, "traefik.serviceUrl": "https://traefik.ingress.svc.cluster.local" },
    { entryPoint: "websecure", tls: true, tunnel: true },
  ],
])("by %s the entry point and what it may believe are what they should be", (_way, given, expected) => {
  expect(edgeOf(read(given))).toMatchObject(expected);
});

test("a tunnel sends to the Traefik that there is", () => {
  expect(traefikUrl(read({}))).toBe("http://traefik.opencode-edge.svc.cluster.local:80");
  expect(traefikUrl(read(EXISTING))).toBe("http://traefik.ingress.svc.cluster.local:80");
});
