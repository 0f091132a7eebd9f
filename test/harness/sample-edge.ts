import { ATTACH_LIMITS, clusterService, type EdgeOptions } from "../../src/deploy/edge/edge-options.ts";

/** An edge as an operator has it: behind a tunnel, all names below one domain. */
export const sampleEdge = (changes: Partial<EdgeOptions> = {}): EdgeOptions => ({
  domain: "example.org",
  mainHost: "code.example.org",
  oauthHost: "oauth.example.org",
  sessionDomain: "example.org",
  routeSuffix: "-oc",
  attachPrefix: "attach-",
  proto: "https",
  services: {
    router: clusterService("router", "p-system", 3000),
    attach: clusterService("router-attach", "p-system", 4096),
    "oauth2-proxy": clusterService("oauth2-proxy", "p-edge", 4180),
  },
  edgeSecret: "the-secret-of-the-edge",
  cookieName: "__Secure-p",
  entryPoint: "web",
  tls: false,
  trustedIps: [],
  tunnel: true,
  attachLimits: ATTACH_LIMITS,
  ...changes,
});
