import { z } from "@hono/zod-openapi";
import { Problem } from "../../contracts/problem.ts";

/** Pieces that the routes' descriptions share. */

export const hashParam = z.object({ hash: z.string().meta({ description: "12 hex digits that name the session" }) });

export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

export const eventStream = (description: string) => ({
  description: `${description}. With \`Last-Event-ID\`: what came after it. \`overflow\` ends the stream of a client that does not read`,
  content: { "text/event-stream": { schema: z.string() } },
});

const refused = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: Problem } },
});

/** Refusals that every route about one session has. */
export const sessionProblems = {
  401: refused("Nobody is signed in"),
  403: refused("The session is somebody else's"),
  404: refused("There is no such session"),
};

export const createProblems = {
  400: refused("The body, the repository URL or a branch name is not valid"),
  401: refused("Nobody is signed in"),
  413: refused("The body is larger than 1 MiB"),
  415: refused("The body is not JSON"),
  422: refused("The source branch does not exist"),
  429: refused("A limit is reached"),
  502: refused("The repository cannot be reached or refused"),
};

export { refused };
