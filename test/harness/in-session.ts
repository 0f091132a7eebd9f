import { fileURLToPath } from "node:url";
import type { TestRouter } from "./router.ts";
import { eventually } from "./http.ts";

/** Runs a program inside a session as its person would, in a terminal of opencode. @returns the terminal's id */
export async function runInSession(
  router: TestRouter,
  hash: string,
  command: readonly string[],
  as?: string,
): Promise<string> {
  const [program, ...args] = command;
  const answer = await router.onSession(hash, "/pty", {
    ...(as === undefined ? {} : { as }),
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ command: program, args }),
  });
  if (answer.status !== 200) throw new Error(`no terminal: ${answer.status} ${answer.text}`);
  return answer.json<{ id: string }>().id;
}

/** The first dev port that the session tells of. */
export const firstPort = async (router: TestRouter, hash: string, as?: string): Promise<number> =>
  (
    await eventually(
      () => router.session(hash, as),
      ({ ports }) => ports.length > 0,
    )
  ).ports[0]?.port ?? 0;

const ECHO_SERVER = [
  process.execPath,
  "--import",
  import.meta.resolve("tsx"),
  fileURLToPath(new URL("../programs/echo-server.ts", import.meta.url)),
];

/** Starts `test/programs/echo-server.ts` inside a session that has no other server. @returns its port */
export async function startEcho(router: TestRouter, hash: string): Promise<number> {
  await runInSession(router, hash, ECHO_SERVER);
  return firstPort(router, hash);
}
