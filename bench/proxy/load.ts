import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { WebSocketLoad } from "./programs/web-socket-load.ts";

export const MEGABYTE = 1024 * 1024;

/** Where a load goes, and with which headers. */
export interface Place {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
}

export type Load = { readonly name: string; readonly connections: number } & (
  | { readonly kind: "download"; readonly path: string }
  | { readonly kind: "upload" }
  | { readonly kind: "web-socket" }
);

export interface Outcome {
  /** Answers, or messages that came back. */
  readonly count: number;
  readonly seconds: number;
  /** Answers other than 200, and connections that broke. */
  readonly failures: number;
}

export const LOADS: readonly Load[] = [
  { name: "get @1", kind: "download", connections: 1, path: "/" },
  { name: "get @50", kind: "download", connections: 50, path: "/" },
  { name: "get @200", kind: "download", connections: 200, path: "/" },
  { name: "1 MB down @8", kind: "download", connections: 8, path: "/large" },
  { name: "1 MB up @8", kind: "upload", connections: 8 },
  { name: "ws echo @50", kind: "web-socket", connections: 50 },
];

const run = promisify(execFile);
const UPLOAD_SCRIPT = fileURLToPath(new URL("upload.lua", import.meta.url));
const WEB_SOCKET_LOAD = fileURLToPath(new URL("programs/web-socket-load.ts", import.meta.url));

/** Puts a load on a place for some seconds, from a process of its own. */
export async function put(load: Load, place: Place, seconds: number): Promise<Outcome> {
  if (load.kind === "web-socket") {
    const options: WebSocketLoad = { ...place, sockets: load.connections, seconds };
    const { stdout } = await run(process.execPath, ["--import", "tsx", WEB_SOCKET_LOAD, JSON.stringify(options)]);
    return { ...(JSON.parse(stdout) as { count: number; seconds: number }), failures: 0 };
  }
  const how = load.kind === "upload" ? ["-s", UPLOAD_SCRIPT] : [];
  const headers = Object.entries(place.headers).flatMap(([name, value]) => ["-H", `${wrkName(name)}: ${value}`]);
  const url = `http://127.0.0.1:${place.port}${load.kind === "download" ? load.path : "/"}`;
  const size = ["-t", "1", "-c", `${load.connections}`, "-d", `${seconds}s`];
  const { stdout } = await run("wrk", [...size, ...how, ...headers, url]);
  return readWrk(stdout);
}

/** wrk knows a Host only by this spelling, and would add its own beside any other. */
const wrkName = (name: string): string => (name === "host" ? "Host" : name);

/** What wrk tells at its end. @throws when it is not what wrk tells */
export function readWrk(text: string): Outcome {
  const [, count, seconds] = /(\d+) requests in ([\d.]+)s/.exec(text) ?? [];
  if (count === undefined || seconds === undefined) throw new Error(`wrk told: ${text}`);
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0;
  const broken = /Socket errors: (.*)/.exec(text)?.[1]?.match(/\d+/g) ?? [];
  return {
    count: Number(count),
    seconds: Number(seconds),
    failures: Number(refused) + broken.reduce((sum, number) => sum + Number(number), 0),
  };
}
