import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { sampleEdge } from "../../../test/harness/sample-edge.ts";
import { IDENTITY_HEADERS, RESERVED_HEADERS } from "../../contracts/names.ts";
import { middlewares } from "./middlewares.ts";
import { traefikObjects } from "./render-crd.ts";
import { dynamicConfig, staticConfig, type TraefikOptions } from "./render-file.ts";
import { edgeRoutes } from "./routes.ts";

const options = sampleEdge();
const routes = edgeRoutes(options);
const specs = middlewares(options);
const headersOf = (name: "sanitize" | "edge-secret") =>
  (specs[name]["headers"] as { customRequestHeaders: Record<string, string> }).customRequestHeaders;
const identityOf = (name: "sign-in-main" | "require-main" | "sign-in-session" | "require-session") =>
  (specs[name]["forwardAuth"] as { authResponseHeaders: string[] }).authResponseHeaders.map((header) =>
    header.toLowerCase(),
  );

describe("the routes", () => {
  test("have names and priorities of their own", () => {
    for (const key of ["name", "priority"] as const)
      expect(new Set(routes.map((route) => route[key])).size).toBe(routes.length);
  });

  test("all begin with taking away what a client may not say", () => {
    expect(routes.map(({ chain }) => chain[0])).toEqual(routes.map(() => "sanitize"));
  });

  test("tell the public listener of the edge last, and no other service at all", () => {
    for (const { name, chain, service } of routes)
      expect([name, chain.indexOf("edge-secret")]).toEqual([name, service === "router" ? chain.length - 1 : -1]);
  });

  test("ask who it is everywhere but where somebody who is not signed in may come", () => {
    const unasked = routes.filter(({ chain }) => !chain.some((name) => /^(sign-in|require)-/.test(name)));
    expect(unasked.map(({ name }) => name)).toEqual(["sign-in", "main-token", "port-stranger", "attach"]);
  });

  test("anchor every expression for hosts", () => {
    for (const { rule } of routes) {
      for (const [, pattern] of rule.matchAll(/HostRegexp\(`([^`]*)`\)/g)) expect(pattern).toMatch(/^\^.*\$$/);
      expect(rule).toMatch(/Host(Regexp)?\(/);
    }
  });
});

describe("the middlewares", () => {
  test("take away every header that nobody outside may say", () => {
    const removed = Object.entries(headersOf("sanitize")).flatMap(([name, value]) =>
      value === "" ? [name.toLowerCase()] : [],
    );
    expect(removed).toEqual(expect.arrayContaining([...RESERVED_HEADERS]));
    expect(headersOf("sanitize")["X-Forwarded-Proto"]).toBe("https");
    expect(headersOf("edge-secret")).toEqual({ "X-Edge-Secret": options.edgeSecret });
  });

  test("hand on exactly what the router reads, and to sessions' hosts no token", () => {
    const all = Object.values(IDENTITY_HEADERS).toSorted();
    const withoutToken = all.filter((name) => name !== IDENTITY_HEADERS.accessToken);
    for (const name of ["sign-in-main", "require-main"] as const) expect(identityOf(name).toSorted()).toEqual(all);
    for (const name of ["sign-in-session", "require-session"] as const)
      expect(identityOf(name).toSorted()).toEqual(withoutToken);
  });

  test("count clients by what tells them apart", () => {
    const counted = (changes: Parameters<typeof sampleEdge>[0]) => middlewares(sampleEdge(changes))["attach-in-flight"];
    expect(counted({})).toMatchObject({ inFlightReq: { sourceCriterion: { requestHeaderName: "CF-Connecting-IP" } } });
    expect(counted({ tunnel: false })).toMatchObject({
      inFlightReq: { sourceCriterion: { ipStrategy: { depth: 0 } } },
    });
    expect(counted({ tunnel: false, trustedIps: ["10.0.0.1"] })).toMatchObject({
      inFlightReq: { sourceCriterion: { ipStrategy: { excludedIPs: ["10.0.0.1"] } } },
    });
  });
});

const traefik = (changes: Partial<TraefikOptions> = {}): TraefikOptions => ({
  entryPoint: "web",
  tls: false,
  trustedIps: [],
  address: ":8000",
  insideAddress: ":8082",
  dynamicFolder: "/etc/traefik/dynamic",
  version: "3.6.12",
  ...changes,
});

describe("the files for a Traefik of ours", () => {
  test("name only what is there, and hold nothing that Traefik takes for a template", () => {
    const text = dynamicConfig(options);
    expect(text).not.toContain("{{");
    const { http } = parse(text) as {
      http: Record<"routers" | "middlewares" | "services", Record<string, Record<string, string | string[]>>>;
    };
    expect(Object.keys(http.routers)).toEqual(routes.map(({ name }) => name));
    for (const { middlewares: chain, service } of Object.values(http.routers)) {
      for (const name of chain ?? []) expect(Object.keys(http.middlewares)).toContain(name);
      expect(Object.keys(http.services)).toContain(service);
    }
  });

  test("have no API, no limit on what lasts long, and take no client's word for who forwarded it", () => {
    const config = parse(staticConfig(traefik())) as Record<string, Record<string, Record<string, unknown>>>;
    expect(Object.keys(config)).not.toContain("api");
    expect(config["providers"]).toEqual({ file: { directory: "/etc/traefik/dynamic", watch: true } });
    expect(config["entryPoints"]?.["web"]).toMatchObject({
      forwardedHeaders: { insecure: false, trustedIPs: [] },
      transport: { respondingTimeouts: { readTimeout: "0s", writeTimeout: "0s" } },
    });
  });

  test.each([
    ["3.6.12", undefined],
    ["3.6.22", "underscoreHeadersStrategy"],
    ["3.7.5", undefined],
    ["3.7.8", "underscoreHeadersStrategy"],
    ["3.7.12", "aliasHeadersStrategy"],
    ["3.8.0", "aliasHeadersStrategy"],
  ])("say of version %s what it knows about odd headers: %s", (version, key) => {
    const text = staticConfig(traefik({ version }));
    expect(/(\w+HeadersStrategy): delete/.exec(text)?.[1]).toBe(key);
  });
});

describe("the objects for a Traefik that is there", () => {
  const objects = traefikObjects(options, { prefix: "p" });

  test("are the same routes, each with middlewares of its own namespace", () => {
    const rules: string[] = [];
    for (const { kind, metadata, spec } of objects) {
      if (kind !== "IngressRoute") continue;
      for (const route of spec["routes"] as { match: string; middlewares: { name: string }[] }[]) {
        rules.push(route.match);
        for (const { name } of route.middlewares)
          expect(
            objects.some((one) => one.metadata.name === name && one.metadata.namespace === metadata.namespace),
          ).toBe(true);
      }
    }
    expect(rules.toSorted()).toEqual(routes.map(({ rule }) => rule).toSorted());
  });

  test("keep the edge's secret out of the namespace of the sign-in", () => {
    const inEdge = objects.filter(({ metadata }) => metadata.namespace === "p-edge");
    expect(inEdge.map(({ metadata }) => metadata.name)).toEqual(["p-sanitize", "p-edge"]);
    expect(JSON.stringify(inEdge)).not.toContain(options.edgeSecret);
  });
});
