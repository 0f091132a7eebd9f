import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { freePort } from "../../src/lib/free-port.ts";

/** A throw-away PostgreSQL cluster on 127.0.0.1. */
export interface Postgres extends AsyncDisposable {
  /** URL of a new, empty database. */
  createDatabase(): Promise<string>;
  readonly password: string;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

const PASSWORD = "test-password";
const START_MS = 30_000;

export async function startPostgres(): Promise<Postgres> {
  const bin = postgresBinaries();
  const user = clusterUser();
  const folder = mkdtempSync(join(tmpdir(), "postgres-"));
  let server: ChildProcess | undefined;
  const stop = async () => {
    if (server) await stopServer(server);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    if (user) chownSync(folder, user.uid, user.gid);
    const data = await initialise(bin, folder, user);
    const port = await freePort();
    server = spawn(join(bin, "postgres"), serverArguments(data, port), { ...asUser(user, folder), stdio: "ignore" });
    await answering(port, server);
    return clusterAt(port, stop);
  } catch (cause) {
    await stop();
    throw cause;
  }
}

function postgresBinaries(): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : [];
  const bin = versions.map((version) => join(root, version, "bin")).find((path) => existsSync(join(path, "initdb")));
  if (bin) return bin;
  throw new Error("PostgreSQL is not installed; its tests need it: apt-get install postgresql");
}

/** PostgreSQL refuses to run as root; undefined when we are not root. */
function clusterUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

const asUser = (user: User | undefined, cwd: string) => ({
  ...user,
  cwd,
  env: { PATH: process.env.PATH, LC_ALL: "C" },
});

async function initialise(bin: string, folder: string, user: User | undefined): Promise<string> {
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, PASSWORD);
  chmodSync(passwordFile, 0o644);
  const args = ["--pgdata", data, "--username=test", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  await promisify(execFile)(join(bin, "initdb"), [...args, "--encoding=UTF8", "--no-sync"], asUser(user, folder));
  return data;
}

const serverArguments = (data: string, port: number): string[] => {
  const settings = ["listen_addresses=127.0.0.1", `port=${port}`, "unix_socket_directories=", "fsync=off"];
  return ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
};

const urlOf = (port: number, database: string) => `postgresql://test:${PASSWORD}@127.0.0.1:${port}/${database}`;

/** Runs one statement on a database. */
export async function execute(databaseUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("error", () => {
    // The server was stopped under it; what the statement needs is told by its promise.
  });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function answering(port: number, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      return await execute(urlOf(port, "postgres"), "select 1");
    } catch (cause) {
      if (server.exitCode !== null || Date.now() > deadline) throw new Error("PostgreSQL did not start", { cause });
      await delay(50);
    }
  }
}

function clusterAt(port: number, stop: () => Promise<void>): Postgres {
  let count = 0;
  return {
    password: PASSWORD,
    async createDatabase() {
      const name = `test_${++count}`;
      await execute(urlOf(port, "postgres"), `create database ${name}`);
      return urlOf(port, name);
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** SIGQUIT ends PostgreSQL and its children at once; SIGKILL would leave the children for a while. */
async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, "exit");
  server.kill("SIGQUIT");
  await gone;
}
