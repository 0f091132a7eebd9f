import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { sampleSettings, type SampleStack } from "../sample-stacks.ts";
import { mutable, type MutatedStack } from "./mutated-stack.ts";
import { stackProblems } from "./stack-problems.ts";

type Case = [sentence: string, damage: (stack: MutatedStack) => void];

const noticed = (name: SampleStack, cases: readonly Case[]) =>
  test.each(cases)("%s", async (sentence, damage) => {
    const stack = await mutable(name);
    damage(stack);
    // One damage may have two consequences.
    expect(stackProblems(stack, sampleSettings(name))).toContain(sentence);
  });

type Routes = ReturnType<MutatedStack["object"]>;

/** Changes the file that a Traefik of ours reads. */
const inFile = (change: (http: Routes) => void) => (stack: MutatedStack) =>
  stack.rewrite("traefik-routes", "edge.yml", (text) => {
    const config = parse(text) as { http: Routes };
    change(config.http);
    return stringify(config, { aliasDuplicateObjects: false });
  });
const route = (name: string, sentence: string, change: (router: Routes, http: Routes) => void): Case => [
  `Secret opencode-edge/traefik-routes, ${name}: ${sentence}`,
  inFile((http) => change(http.routers[name], http)),
];

describe("a route that lets somebody in by another name is noticed:", () => {
  noticed("five-minute-path", [
    route("main", "has no priority", (router) => delete router.priority),
    [
      "the edge: has two routes of priority 420",
      inFile(({ routers }) => (routers.main.priority = routers["main-page"].priority)),
    ],
    route("attach", "fits parts of host names", (router) => (router.rule = router.rule.replace("^", ""))),
    route("attach", "fits parts of host names", (router) => (router.rule = "HostRegexp(`^a\\.org|b\\.org$`)")),
    route("attach", "fits parts of host names", (router) => (router.rule = "HostRegexp(`^a\\.org\\$`)")),
    route("main", "is for every host", (router) => (router.rule = "PathPrefix(`/`) && !Host(`x`)")),
    route("main", "does not begin by taking away what only the edge may say", (router) => router.middlewares.shift()),
    route("attach", "does not begin by taking away what only the edge may say", (router) => router.middlewares.shift()),
    route("main", "does not begin by taking away what only the edge may say", (_, { middlewares }) => {
      delete middlewares.sanitize.headers.customRequestHeaders["X-Forwarded-Email"];
    }),
    route("main", "takes away what the edge has said", ({ middlewares }) => middlewares.splice(2, 0, "sanitize")),
    route("main", "ends without the edge's secret", (router) => router.middlewares.pop()),
    route("main", "ends without the edge's secret", ({ middlewares }) => middlewares.push("attach-rate")),
    route("main", "tells the edge's secret before its end, or to somebody else", ({ middlewares }) =>
      middlewares.splice(1, 0, "edge-secret"),
    ),
    route("attach", "tells the edge's secret before its end, or to somebody else", ({ middlewares }) =>
      middlewares.push("edge-secret"),
    ),
    route("session", "tells sessions the token of GitHub", ({ middlewares }) => (middlewares[1] = "require-main")),
    route("main", "names a middleware that is not there", ({ middlewares }) => (middlewares[1] = "require")),
    route("main", "leads out of the stack", (_, { services }) => {
      services.router.loadBalancer.servers[0].url = "http://router.default.svc.cluster.local:3000";
    }),
    route("main", "leads to the listener that nobody outside may reach", (_, { services }) => {
      services.router.loadBalancer.servers[0].url = "http://router-internal.opencode-system.svc.cluster.local:3001";
    }),
    route("main", "leads to port 3001, which the Service router does not have", (_, { services }) => {
      services.router.loadBalancer.servers[0].url = "http://router.opencode-system.svc.cluster.local:3001";
    }),
    route("main", "asks somebody else than the sign-in", (_, { middlewares }) => {
      middlewares["require-main"].forwardAuth.address = "http://router.opencode-system.svc.cluster.local:3000/";
    }),
    route("main", "keeps an identity that the client claims", (_, { middlewares }) => {
      middlewares["require-main"].forwardAuth.authResponseHeaders.push("X-Remote-User");
    }),
    route("main", "holds streams up", ({ middlewares }, http) => {
      http.middlewares.small = { compress: {} };
      middlewares.splice(1, 0, "small");
    }),
    [
      "the edge: tells other headers of identity than the router reads",
      inFile(({ middlewares }) => {
        for (const name of ["main", "session"])
          for (const kind of ["require", "sign-in"])
            middlewares[`${kind}-${name}`].forwardAuth.authResponseHeaders.shift();
      }),
    ],
    ["the edge: has no route to router-attach", inFile(({ routers }) => delete routers.attach)],
    [
      "the router: does not know the secret that the edge says",
      inFile(({ middlewares }) => {
        middlewares["edge-secret"].headers.customRequestHeaders["X-Edge-Secret"] = "another-secret-of-somebody";
      }),
    ],
  ]);
});

const IN_SYSTEM = "IngressRoute opencode-system/opencode-edge";

describe("the same of a Traefik that is there:", () => {
  noticed("existing-traefik-and-tunnel", [
    [
      `${IN_SYSTEM}, route 1: does not begin by taking away what only the edge may say`,
      (stack) => inSystem(stack).spec.routes[0].middlewares.shift(),
    ],
    [
      `${IN_SYSTEM}, route 1: leads to port 3001, which the Service router does not have`,
      (stack) => (inSystem(stack).spec.routes[0].services[0].port = 3001),
    ],
    [
      `${IN_SYSTEM}, route 1: names a middleware that is not there`,
      (stack) => (stack.object("Middleware opencode-edge-secret").metadata.namespace = "opencode-edge"),
    ],
    [
      "Middleware opencode-system/opencode-edge-secret: spec.headers.customRequestHeaders.X-Edge-Secret is a secret that Pulumi shows",
      (stack) => Object.assign(stack.find("Middleware opencode-edge-secret"), { secretPaths: [] }),
    ],
  ]);
  /** Of both IngressRoutes the one that leads to the router. */
  const inSystem = (stack: MutatedStack): Routes =>
    stack.resources.find(({ inputs }) => {
      const { kind, metadata } = inputs as { kind?: string; metadata?: { namespace?: string } };
      return kind === "IngressRoute" && metadata?.namespace === "opencode-system";
    })?.inputs;
});

type Variable = { name: string; value: string };

/** Changes a variable of the router. */
const variable = (name: string, value: string) => (stack: MutatedStack) => {
  const env = stack.container("Deployment router").env as Variable[];
  const there = env.find((one) => one.name === name);
  if (there) there.value = value;
  else env.push({ name, value });
};

describe("a router that is told something wrong is noticed:", () => {
  noticed("everything", [
    ["the router: LOG_LEVLE is none of its settings", variable("LOG_LEVLE", "info")],
    ["the router: LOG_LEVEL_FILE is none of its settings", variable("LOG_LEVEL_FILE", "/x")],
    [
      "the router: ADMIN_SECRET is a secret, and belongs into a file: ADMIN_SECRET_FILE",
      variable("ADMIN_SECRET", "x".repeat(32)),
    ],
    ["the router would not start: PORT: must be a whole number from 1 to 65535", variable("PORT", "http")],
    [
      "the router would not start: EDGE_SECRET_FILE: the file /etc/x cannot be read",
      variable("EDGE_SECRET_FILE", "/etc/x"),
    ],
    ["the router: has other hosts than the edge", variable("ROUTE_SUFFIX", "-y")],
    ["the router: passes the sign-in's cookie on to sessions", variable("SSO_COOKIE_NAME", "_oauth2_proxy")],
    [
      "the router would not start: SESSION_CONFIG_FILE: the file /etc/x.json cannot be read",
      variable("SESSION_CONFIG_FILE", "/etc/x.json"),
    ],
    ["the router: makes sessions in another namespace", variable("SESSION_NAMESPACE", "team-system")],
    ["the router: gives sessions the ConfigMap models, which is not there", variable("MODELS_CONFIG_MAP", "models")],
    ["the router: gives sessions the Secret keys, which is not there", variable("API_KEY_SECRET_NAME", "keys")],
    ["the router: pulls with the Secret pull, which is not there", variable("IMAGE_PULL_SECRET_NAME", "pull")],
    ["Secret team-sessions/image-pull: no session gets it", variable("IMAGE_PULL_SECRET_NAME", "")],
    [
      "the router: tells sessions an address of it that no Service has: http://router.team-system.svc.cluster.local:3001",
      variable("INTERNAL_URL", "http://router.team-system.svc.cluster.local:3001"),
    ],
  ]);
});
