import { describe, expect, test } from "vitest";
import { judgeCertificate } from "./certificate.ts";
import { examine, failed, ok, type Finding } from "./check.ts";
import { judgeNamespaces, judgeStorageClass, judgeVersion, judgeWorkloads } from "./cluster.ts";
import { judgeForged } from "./identity.ts";
import { judgeName } from "./names.ts";
import { judgePolicies } from "./policies.ts";
import { judgePage, judgeStart } from "./sign-in.ts";
import { judgeSocket } from "./socket.ts";
import { judgeStream } from "./streams.ts";
import { TIMING } from "./timing.ts";

const storage = (name: string, annotations = {}, volumeBindingMode = "WaitForFirstConsumer") => ({
  metadata: { name, annotations },
  volumeBindingMode,
});
const DEFAULT = { "storageclass.kubernetes.io/is-default-class": "true" };
const KEY = "sessions.storageClass";

test.each([
  ["v1.31.0", "ok"],
  ["v1.33.4-eks-1a2b", "ok"],
  ["v2.0.0", "ok"],
  ["v1.30.9", "failed"],
])("Kubernetes %s is %s", (gitVersion, state) => {
  expect(judgeVersion({ serverVersion: { gitVersion } }).state).toBe(state);
});

test("the storage class is the one that is named, or the default one", () => {
  const items = [storage("plain"), storage("main", DEFAULT), storage("early", {}, "Immediate")];
  expect(judgeStorageClass({ items }, KEY, undefined)).toEqual(ok("main makes a volume where its pod runs."));
  expect(judgeStorageClass({ items }, KEY, "plain").state).toBe("ok");
  expect(judgeStorageClass({ items }, KEY, "early").state).toBe("warning");
  expect(judgeStorageClass({ items: [storage("plain")] }, KEY, undefined)).toMatchObject({
    state: "failed",
    sentence: expect.stringContaining("no default storage class; it has: plain."),
  });
});

test("namespaces have to be there, and to admit restricted pods only", () => {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  const items = [{ metadata: { name: "a", labels } }, { metadata: { name: "b" } }];
  expect(judgeNamespaces({ items }, ["a"]).sentence).toMatch(/^b must enforce/);
  expect(judgeNamespaces({ items: items.slice(0, 1) }, ["a", "c"]).sentence).toMatch(/^Namespaces are missing: c\./);
  expect(judgeNamespaces({ items: items.slice(0, 1) }, ["a"]).state).toBe("ok");
});

test("all replicas have to be ready", () => {
  const workload = (replicas: number, status: object) => ({
    kind: "Deployment",
    metadata: { name: "router" },
    spec: { replicas, template: { spec: { containers: [{}] } } },
    status,
  });
  expect(judgeWorkloads({ items: [workload(2, { readyReplicas: 2 })] }, "s").state).toBe("ok");
  expect(judgeWorkloads({ items: [workload(2, { readyReplicas: 1 })] }, "s")).toMatchObject({
    state: "failed",
    sentence: expect.stringContaining("router 1 of 2. See: kubectl --namespace s describe deployment/router"),
  });
  expect(judgeWorkloads({ items: [workload(1, {})] }, "s").state).toBe("failed");
  expect(judgeWorkloads({ items: [] }, "s").state).toBe("failed");
});

describe("policies", () => {
  const targets = { allowed: { host: "a", port: 1 }, forbidden: [{ host: "b", port: 2 }] };
  test.each([
    ["open", "silence", "ok"],
    ["open", "ECONNREFUSED", "ok"],
    ["open", "open", "failed"],
    ["silence", "open", "failed"],
    // Nothing is reached: that shows no policy at work.
    ["silence", "silence", "failed"],
  ])("with what is allowed %s and what is not %s they are %s", (allowed, forbidden, state) => {
    expect(judgePolicies({ allowed, forbidden: [forbidden] }, targets).state).toBe(state);
  });
});

test("a name without an address is told with its records, but for names of this machine", () => {
  const hosts = { sessionDomain: "example.org", mainHost: "", routeSuffix: "", attachPrefix: "" };
  const records = { dnsRecords: ["CNAME *.example.org → t.cfargotunnel.com"], hosts };
  expect(judgeName("x.example.org", [], records).sentence).toContain("CNAME *.example.org → t.cfargotunnel.com");
  expect(judgeName("x.example.org", ["192.0.2.1"], records).state).toBe("ok");
  expect(judgeName("x.opencode.localhost", [], records).state).toBe("skipped");
});

test("a certificate must be believed, and last for a while", () => {
  const now = Date.parse("2030-01-01T00:00:00Z");
  const shown = (date: string, problem?: string) => ({ problem, certificate: { valid_to: date } });
  expect(judgeCertificate("h", shown("Mar  1 00:00:00 2030 GMT"), now)).toEqual(
    ok("The certificate holds for 59 days."),
  );
  expect(judgeCertificate("h", shown("Jan 10 00:00:00 2030 GMT"), now).state).toBe("warning");
  const own = judgeCertificate("h", shown("Mar  1 00:00:00 2030 GMT", "DEPTH_ZERO_SELF_SIGNED_CERT"), now);
  expect(own).toMatchObject({ state: "failed", sentence: expect.stringContaining("NODE_EXTRA_CA_CERTS") });
});

test.each([
  [401, "ok"],
  [200, "failed"],
  [302, "failed"],
  // Only somebody who is believed learns that a session is not there.
  [404, "failed"],
  [502, "failed"],
])("a forged identity that is answered with %i is %s", (status, state) => {
  expect(judgeForged("session", status).state).toBe(state);
});

test("a page leads elsewhere or is no sign-in", () => {
  const url = new URL("https://code.example.org/");
  const page = (status: number, location?: string) =>
    judgePage({ status, headers: location === undefined ? {} : { location } }, url).state;
  expect(page(302, "https://github.com/login")).toBe("ok");
  expect(page(302, "/login")).toBe("failed");
  expect(page(200)).toBe("failed");
  expect(page(401)).toBe("failed");
});

test("the provider is told the callback and the client of the stack", () => {
  const callbackUrl = new URL("https://oauth.example.org/oauth2/callback");
  const start = (query: Record<string, string>, clientId?: string) => {
    const location = `https://github.com/login?${new URLSearchParams(query).toString()}`;
    return judgeStart({ status: 302, headers: { location } }, { callbackUrl, clientId }).state;
  };
  expect(start({ redirect_uri: callbackUrl.href, client_id: "a" }, "a")).toBe("ok");
  expect(start({ redirect_uri: callbackUrl.href, client_id: "a" })).toBe("ok");
  expect(start({ redirect_uri: callbackUrl.href, client_id: "b" }, "a")).toBe("failed");
  expect(start({ redirect_uri: "http://oauth.example.org/oauth2/callback" })).toBe("failed");
});

test("streams and sockets are sound when something comes in time", () => {
  expect(judgeStream({ status: 200, eventMs: 10, commentMs: 15_000 }, TIMING).state).toBe("ok");
  expect(judgeStream({ status: 200, eventMs: 10, commentMs: undefined }, TIMING).state).toBe("failed");
  expect(judgeStream({ status: 200, eventMs: undefined, commentMs: undefined }, TIMING).sentence).toContain("BUFFERS");
  expect(judgeStream({ status: 403, eventMs: undefined, commentMs: undefined }, TIMING).sentence).toContain("scopes");
  expect(judgeSocket({ survived: true }, TIMING).state).toBe("ok");
  expect(judgeSocket({ survived: false, afterMs: 60_000, how: "was closed (1006)" }, TIMING).sentence).toContain(
    "60.0 s",
  );
});

test("what needs another stage is skipped when that is not well, and an error is a failure", async () => {
  const check = (title: string, state = ok("")) => ({ title, run: () => Promise.resolve(state) });
  const findings: Finding[] = [];
  const all = [
    { name: "a", checks: [check("1"), { title: "2", run: () => Promise.reject(new Error("why")) }] },
    { name: "b", checks: [check("3")], needs: ["a"] },
    { name: "c", checks: [check("4")], needs: ["b"] },
    { name: "d", checks: [check("5", failed("no"))], skip: "because" },
    { name: "e", checks: [check("6")] },
  ];
  for await (const finding of examine(all)) findings.push(finding);
  expect(findings.map(({ title, state, sentence }) => [title, state, sentence])).toEqual([
    ["1", "ok", ""],
    ["2", "failed", "why"],
    ["3", "skipped", '"a" has to be right first.'],
    ["4", "skipped", '"b" has to be right first.'],
    ["5", "skipped", "because"],
    ["6", "ok", ""],
  ]);
});
