import { TOKEN_PREFIX } from "../../contracts/names.ts";
import type { EdgeOptions, EdgeService } from "./edge-options.ts";
import { hostRule } from "./host-rules.ts";
import type { MiddlewareName } from "./middlewares.ts";

export interface EdgeRoute {
  readonly name: string;
  /** In Traefik's language. Of two that fit, the one with the higher priority is taken. */
  readonly rule: string;
  readonly priority: number;
  /** What is done with a request on its way, in this order. */
  readonly chain: readonly MiddlewareName[];
  readonly service: EdgeService;
}

/** What somebody's opening a page looks like, as `askOf` of the router sees it: a page's own fetch gets no redirect. */
const NAVIGATION = [
  "Method(`GET`)",
  "HeaderRegexp(`Accept`, `text/html`)",
  "!HeaderRegexp(`Sec-Fetch-Mode`, `^(?:cors|no-cors|same-origin|websocket)$`)",
].join(" && ");

const ACCESS_TOKEN = `HeaderRegexp(\`Authorization\`, \`(?i:^bearer) +${TOKEN_PREFIX}\`)`;

/**
 * All routes. A chain begins with `sanitize`; every one to the public listener ends with `edge-secret`, and between them
 * stands who adds the identity. Where nobody does, the router sees somebody who is not signed in, and decides by its table.
 */
export const edgeRoutes = (options: EdgeOptions): readonly EdgeRoute[] => [
  {
    name: "sign-in",
    rule: `Host(\`${options.oauthHost}\`) && PathPrefix(\`/oauth2/\`)`,
    priority: 1000,
    chain: ["sanitize"],
    service: "oauth2-proxy",
  },
  ...mainRoutes(options),
  ...sessionRoutes(options),
  {
    // No edge secret: this listener believes a password only.
    name: "attach",
    rule: hostRule(["attach"], options),
    priority: 300,
    chain: ["sanitize", "attach-rate", "attach-in-flight"],
    service: "attach",
  },
];

function mainRoutes({ mainHost }: EdgeOptions): EdgeRoute[] {
  const main = `Host(\`${mainHost}\`)`;
  return [
    {
      // Programs have no cookie. The router knows which tokens are good, and refuses all others.
      name: "main-token",
      rule: `${main} && (Path(\`/api\`) || PathPrefix(\`/api/\`)) && ${ACCESS_TOKEN}`,
      priority: 430,
      chain: ["sanitize", "edge-secret"],
      service: "router",
    },
    {
      name: "main-page",
      rule: `${main} && ${NAVIGATION}`,
      priority: 420,
      chain: ["sanitize", "sign-in-main", "edge-secret"],
      service: "router",
    },
    {
      name: "main",
      rule: main,
      priority: 410,
      chain: ["sanitize", "require-main", "edge-secret"],
      service: "router",
    },
  ];
}

function sessionRoutes(options: EdgeOptions): EdgeRoute[] {
  const sessions = hostRule(["session", "ide", "port"], options);
  const hasCookie = `HeaderRegexp(\`Cookie\`, \`(?:^|;) *${escaped(options.cookieName)}(?:_[0-9]+)?=\`)`;
  return [
    {
      // A dev server may be shared with everybody, which only the router knows: docs/decisions/0014-public-ports.md
      name: "port-stranger",
      rule: `${hostRule(["port"], options)} && !${hasCookie}`,
      priority: 330,
      chain: ["sanitize", "edge-secret"],
      service: "router",
    },
    {
      name: "session-page",
      rule: `${sessions} && ${NAVIGATION}`,
      priority: 320,
      chain: ["sanitize", "sign-in-session", "edge-secret"],
      service: "router",
    },
    {
      name: "session",
      rule: sessions,
      priority: 310,
      chain: ["sanitize", "require-session", "edge-secret"],
      service: "router",
    },
  ];
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
