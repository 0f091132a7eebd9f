import { followEvents, type EventClient } from "../harness/event-client.ts";
import { startPostgres } from "../harness/postgres.ts";
import { prepareRouter, type TestRouter } from "../harness/router.ts";

/** Two routers on two data folders that share one database and its secrets. */
export interface TwoRouters extends AsyncDisposable {
  readonly a: TestRouter;
  readonly b: TestRouter;
  readonly databaseUrl: string;
}

export async function startTwoRouters(options: { readonly modelUrl?: string } = {}): Promise<TwoRouters> {
  const postgres = await startPostgres();
  const started: AsyncDisposable[] = [postgres];
  const end = async () => {
    for (const part of started.toReversed()) await part[Symbol.asyncDispose]();
  };
  try {
    const databaseUrl = await postgres.createDatabase();
    const env = {
      DATABASE_URL: databaseUrl,
      SESSION_ID_SECRET: "session-id-secret-of-the-tests",
      TOKEN_SECRET: "token-secret-of-the-tests",
    };
    const a = await prepareRouter({ ...options, env });
    started.push(a);
    const b = await prepareRouter({ ...options, env });
    started.push(b);
    await Promise.all([a.start(), b.start()]);
    return { a, b, databaseUrl, [Symbol.asyncDispose]: end };
  } catch (cause) {
    await end();
    throw cause;
  }
}

export const follow = (router: TestRouter, path: string): Promise<EventClient> =>
  followEvents(router.ports.public, path, { headers: { host: router.mainHost() } });
