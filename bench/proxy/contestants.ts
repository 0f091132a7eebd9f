import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { call, eventually } from "../../test/harness/http.ts";
import { freePorts } from "../../test/harness/router.ts";
import type { Place } from "./load.ts";

/** One way to the target. */
export interface Contestant extends Place {
  readonly name: string;
  /** The processes whose CPU time is the price of this way. */
  readonly pids: readonly number[];
}

export interface Running extends Contestant, AsyncDisposable {}

const HTTP_PROXY = fileURLToPath(new URL("programs/http-proxy.ts", import.meta.url));
const CONFIGURABLE = fileURLToPath(
  new URL("../../node_modules/configurable-http-proxy/bin/configurable-http-proxy", import.meta.url),
);

export async function startHttpProxy(targetPort: number, connections: "fresh" | "keep-alive"): Promise<Running> {
  const [port = 0] = await freePorts(1);
  const args = ["--import", "tsx", HTTP_PROXY, String(port), String(targetPort), connections];
  const name = connections === "fresh" ? "http-proxy" : "http-proxy, keep-alive";
  return serving({ name, port }, spawn(process.execPath, args, { stdio: "ignore" }));
}

export async function startConfigurableProxy(targetPort: number): Promise<Running> {
  const [port = 0, apiPort = 0] = await freePorts(2);
  const listen = ["--ip", "127.0.0.1", "--port", String(port), "--api-ip", "127.0.0.1", "--api-port", String(apiPort)];
  const target = ["--default-target", `http://127.0.0.1:${targetPort}`, "--log-level", "error"];
  const child = spawn(process.execPath, [CONFIGURABLE, ...listen, ...target], {
    stdio: "ignore",
    env: { ...process.env, CONFIGPROXY_AUTH_TOKEN: "not-a-secret" },
  });
  return serving({ name: "configurable-http-proxy", port }, child);
}

export async function startNginx(targetPort: number): Promise<Running> {
  const [port = 0] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), "nginx-"));
  await writeFile(join(folder, "nginx.conf"), nginxConfig({ port, targetPort, folder }));
  const child = spawn("/usr/sbin/nginx", ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], { stdio: "ignore" });
  const nginx = await serving({ name: "nginx", port }, child);
  const end = async () => {
    await nginx[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...nginx, [Symbol.asyncDispose]: end };
}

/** One process, like the others; it keeps connections to the target, and streams as we do. */
const nginxConfig = ({ port, targetPort, folder }: { port: number; targetPort: number; folder: string }): string => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 2048; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000000;
  upstream target { server 127.0.0.1:${targetPort}; keepalive 256; keepalive_requests 1000000000; keepalive_timeout 4s; }
  map $http_upgrade $connection_header { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    location / {
      proxy_pass http://target;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_header;
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }
}
`;

async function serving({ name, port }: { name: string; port: number }, child: ChildProcess): Promise<Running> {
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  try {
    await eventually(
      () => {
        if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
        return call(port, "/").then(
          ({ status }) => status,
          () => 0,
        );
      },
      (status) => status === 200,
    );
  } catch (cause) {
    await end();
    throw cause;
  }
  return { name, port, headers: {}, pids: [child.pid ?? 0], [Symbol.asyncDispose]: end };
}
