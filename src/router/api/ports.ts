import { createRoute, z } from "@hono/zod-openapi";
import { isDevPort, RESERVED_PORTS } from "../../contracts/dev-ports.ts";
import { ProblemError } from "../../contracts/problem.ts";
import { Port } from "../../contracts/session.ts";
import { SHARE_LEVELS, SharePort } from "../../contracts/share.ts";
import { sessionOf, type Api, type ApiParts } from "./context.ts";
import { sessionDeed } from "./session-deed.ts";
import { createProblems, hashParam, json, sessionProblems } from "./schemas.ts";

const SharedPort = z
  .object({
    port: z.number().int(),
    url: z.string(),
    level: z.enum(SHARE_LEVELS),
    people: z.array(z.string()),
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "SharedPort" });

const PortList = z.object({ ports: z.array(Port), shares: z.array(SharedPort) }).meta({ id: "PortList" });

const listRoute = createRoute({
  method: "get",
  path: "/api/sessions/{hash}/ports",
  summary: "What listens in the session, and what is shared of it",
  request: { params: hashParam },
  responses: {
    200: json(PortList, "`ports`: what listens now. `shares`: what others may use, whether it listens or not"),
    ...sessionProblems,
  },
});

const portParam = hashParam.extend({ port: z.string().meta({ description: "Port number, 1024 to 65535" }) });

const shareRoute = createRoute({
  method: "put",
  path: "/api/sessions/{hash}/ports/{port}",
  summary: "Share a port, or stop sharing it",
  request: {
    params: portParam,
    body: { required: true, content: { "application/json": { schema: SharePort } } },
  },
  responses: {
    200: json(SharedPort, "Who may use it from now on; open connections of all others have ended"),
    ...sessionProblems,
    400: createProblems[400],
  },
});

export function addPortRoutes(api: Api, { sessions: { known }, people: { audit } }: ApiParts): void {
  const { shares } = known;
  const view = (hash: Parameters<typeof shares.get>[0], port: number): z.infer<typeof SharedPort> => {
    const { level, people, expiresAt } = shares.get(hash, port);
    const ends = expiresAt === null ? null : new Date(expiresAt).toISOString();
    return { port, url: known.portUrl(hash, port), level, people: [...people], expiresAt: ends };
  };
  api.openapi(listRoute, (c) => {
    const record = sessionOf(c.env);
    const shared = shares.of(record.hash).map(({ port }) => view(record.hash, port));
    return c.json({ ports: known.view(record).ports, shares: shared }, 200);
  });
  api.openapi(shareRoute, async (c) => {
    const record = sessionOf(c.env);
    const { hash } = record;
    const port = checkedPort(c.req.valid("param").port);
    await shares.set(hash, port, c.req.valid("json"));
    const shared = view(hash, port);
    const detail = [`port ${port}: ${shared.level}`, ...shared.people].join(" ");
    audit.record(sessionDeed(c.env.principal.email, record, { action: "session.port_shared", detail }));
    return c.json(shared, 200);
  });
}

function checkedPort(text: string): number {
  if (/^[1-9]\d{3,4}$/.test(text) && isDevPort(Number(text))) return Number(text);
  const reserved = RESERVED_PORTS.join(", ");
  throw new ProblemError("invalid_request", `port: use a number from 1024 to 65535 that is none of ${reserved}.`);
}
