import type { Secret } from "../../lib/secret.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { freePort } from "../../lib/free-port.ts";
import { spawnGroup, type Child } from "../../lib/spawn.ts";
import { HEALTH, isHung } from "../supervise.ts";
import { Supervisor, type Program, type Supervision } from "../supervisor.ts";
import { OpencodeClient } from "./client.ts";

/** One life of the opencode process, from its first healthy answer to its end. */
export interface Instance {
  readonly pid: number;
  readonly port: number;
  readonly client: OpencodeClient;
  readonly ended: AbortSignal;
}

export interface ServerSettings {
  readonly hash: string;
  readonly bin: string;
  readonly port: number | undefined;
  readonly workspace: string;
  readonly password: Secret;
  readonly env: NodeJS.ProcessEnv;
}

export interface ServerPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
  readonly onHealthy: (instance: Instance) => void;
  readonly onSpawn: (child: Child) => void;
  /** How the agent works, for telling a hang from a long turn. */
  readonly activity: () => { busy: boolean; lastEventAt: number };
}

/** `opencode serve` on a loopback port, kept running and healthy. */
export class OpencodeServer implements Program {
  readonly name = "opencode";
  readonly #settings: ServerSettings;
  readonly #ports: ServerPorts;
  readonly #supervisor: Supervisor;
  #port = 0;
  #instance: Instance | undefined;
  #healthy = false;

  constructor(settings: ServerSettings, ports: ServerPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#supervisor = new Supervisor(this, ports);
  }

  get supervision(): Supervision {
    return this.#supervisor.supervision;
  }

  get child(): Child | undefined {
    return this.#supervisor.child;
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  /** What answers now; undefined while it does not run. */
  get instance(): Instance | undefined {
    return this.#instance;
  }

  /** The port that it listens on or will listen on. */
  get port(): number {
    return this.#port;
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#supervisor.run(signal);
  }

  markStopped(): void {
    this.#forget();
    this.#supervisor.markStopped();
  }

  async start(): Promise<Child> {
    const { bin, workspace } = this.#settings;
    this.#port = this.#settings.port ?? (await freePort());
    const args = ["serve", "--hostname", "127.0.0.1", "--port", String(this.#port)];
    const child = await spawnGroup({ file: bin, args, cwd: workspace, env: environment(this.#settings) });
    this.#ports.onSpawn(child);
    return child;
  }

  onStart(child: Child, ended: AbortSignal): void {
    ended.addEventListener("abort", () => this.#forget());
    const client = new OpencodeClient(this.#port, this.#settings.password);
    void this.#watch({ pid: child.pid, port: this.#port, client, ended });
  }

  #forget(): void {
    this.#instance = undefined;
    this.#healthy = false;
  }

  async #watch(instance: Instance): Promise<void> {
    const { ended } = instance;
    if (!(await this.#boot(instance))) {
      if (!ended.aborted) this.#supervisor.replace("sessiond: ended because it did not become healthy");
      return;
    }
    this.#instance = instance;
    this.#healthy = true;
    this.#supervisor.markRunning();
    this.#ports.onHealthy(instance);
    let failures: number[] = [];
    while (await this.#pause(HEALTH.steady.pauseMs, ended)) {
      const healthy = await instance.client.isHealthy(HEALTH.steady.timeLimitMs, ended);
      if (ended.aborted) return;
      const now = this.#ports.clock.now();
      failures = healthy ? [] : [...failures, now].slice(-HEALTH.failuresToHang);
      this.#setHealthy(healthy);
      if (!isHung({ failures, ...this.#ports.activity() }, now)) continue;
      this.#ports.log.error({ pid: instance.pid }, "opencode hangs");
      return this.#supervisor.replace("sessiond: ended because it did not answer health checks any more");
    }
  }

  /** Asks again and again without waiting for the answers of before, until one is good. */
  async #boot({ client, ended }: Instance): Promise<boolean> {
    const healthy = new AbortController();
    const enough = AbortSignal.any([ended, healthy.signal]);
    const giveUpAt = this.#ports.clock.now() + HEALTH.bootLimitMs;
    while (!enough.aborted && this.#ports.clock.now() < giveUpAt) {
      void client.isHealthy(HEALTH.boot.timeLimitMs, enough).then((good) => good && healthy.abort());
      await this.#pause(HEALTH.boot.everyMs, enough);
    }
    return healthy.signal.aborted && !ended.aborted;
  }

  #setHealthy(healthy: boolean): void {
    if (this.#healthy === healthy) return;
    this.#healthy = healthy;
    this.#ports.onChange();
  }

  /** @returns false when the life of the process ended meanwhile. */
  async #pause(ms: number, ended: AbortSignal): Promise<boolean> {
    await this.#ports.clock.sleep(ms, ended).catch(() => {
      // Ended: the return value tells.
    });
    return !ended.aborted;
  }
}

/** What makes opencode start without the internet, and asks everybody for the password. */
const environment = ({ env, password, hash }: ServerSettings): NodeJS.ProcessEnv => ({
  ...env,
  OPENCODE_ROUTER_SESSION: hash,
  OPENCODE_SERVER_PASSWORD: password.reveal(),
  OPENCODE_DISABLE_MODELS_FETCH: "1",
  OPENCODE_DISABLE_AUTOUPDATE: "1",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
});
