import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { call } from "../../test/harness/http.ts";

const PROGRAM = fileURLToPath(new URL("programs/plain-server.ts", import.meta.url));

/** Answers with the bytes of the router's answers, in a process of its own: what HTTP and this machine alone cost. */
export interface PlainServer extends AsyncDisposable {
  readonly port: number;
  /** From now on `path` answers with this. */
  put(path: string, body: string): Promise<void>;
}

export async function startPlainServer(): Promise<PlainServer> {
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), PROGRAM], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(line.toString());
  return {
    port,
    put: async (path, body) => void (await call(port, path, { method: "POST", body })),
    [Symbol.asyncDispose]: async () => {
      const gone = once(child, "exit");
      child.kill();
      await gone;
    },
  };
}
