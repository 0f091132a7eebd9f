import { rmSync } from "node:fs";
import type { SessionReport, SessiondStatus } from "../contracts/status.ts";
import { systemClock, type Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Secret } from "../lib/secret.ts";
import { opencodePassword } from "../lib/session-key.ts";
import type { Config } from "./config.ts";
import { Bootstrap } from "./conversation/bootstrap.ts";
import { markerFile } from "./conversation/marker.ts";
import { Mirror } from "./conversation/mirror.ts";
import { GitCredentials } from "./credentials/git-credentials.ts";
import type { ConversationInfo } from "./opencode/client.ts";
import { Door } from "./door/door.ts";
import { clearStaleSocket, listenOn } from "./door/listen.ts";
import type { Situation } from "./door/target.ts";
import { OpencodeServer, type Instance } from "./opencode/server.ts";
import { PortsWatcher } from "./ports/watcher.ts";
import { endLeftOpencode, rememberOpencode } from "./predecessor.ts";
import { Pusher } from "./push.ts";
import { SessionProcesses } from "./session-processes.ts";
import { sessiondStatus } from "./status.ts";
import { endSession } from "./stop.ts";

interface Outside {
  readonly log: Log;
  readonly clock?: Clock;
}

const LAST_PUSH_MS = 1_000;

/** Composes the daemon of one session. */
export class Sessiond {
  readonly #config: Config;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #pushing = new AbortController();
  readonly #opencode: OpencodeServer;
  readonly #mirror: Mirror;
  readonly #bootstrap: Bootstrap;
  readonly #watcher: PortsWatcher;
  readonly #processes: SessionProcesses;
  readonly #pusher: Pusher;
  readonly #credentials: GitCredentials;
  readonly #door: Door;
  #readyAt: number | null = null;
  #stopped: Promise<void> | undefined;

  constructor(config: Config, { log, clock = systemClock }: Outside) {
    this.#config = config;
    this.#log = log;
    this.#clock = clock;
    const onChange = (): void => this.#pusher.changed();
    const ports = { clock, log, onChange };
    this.#mirror = new Mirror(ports);
    this.#processes = new SessionProcesses({ hash: config.hash, home: config.opencode.env["HOME"] }, process.pid);
    this.#opencode = new OpencodeServer(
      {
        ...config.opencode,
        hash: config.hash,
        workspace: config.workspace,
        password: opencodePassword(config.sessionKey),
      },
      {
        ...ports,
        activity: () => this.#mirror,
        onHealthy: (instance) => this.#onHealthy(instance),
        onSpawn: (child) => this.#onSpawn(child.pid),
      },
    );
    this.#bootstrap = new Bootstrap({
      ...ports,
      marker: markerFile(config.stateDir),
      messageFile: config.initialMessageFile,
      onConversation: (latest) => this.#onConversation(latest),
    });
    this.#watcher = new PortsWatcher({ clock, onChange, processes: () => this.#devProcesses() });
    const { hash, router, sessionKey } = config;
    const report = (): SessionReport => this.report();
    this.#pusher = new Pusher({ clock, log, hash, router, sessionKey, report });
    const situation = (): Situation => this.#situation();
    const devServers = this.#watcher;
    this.#credentials = new GitCredentials(config.github);
    const setGitHubToken = (token: Secret | null): void => this.#credentials.set(token);
    const status = (): SessiondStatus => this.status();
    this.#door = new Door({ log, sessionKey, report, situation, devServers, status, setGitHubToken });
  }

  /** Resolves when the door is open and opencode is starting. @throws when it cannot listen; then nothing was started. */
  async start(): Promise<void> {
    const { listen, stateDir, github } = this.#config;
    await clearStaleSocket(listen);
    await listenOn(this.#door.server, listen);
    if (endLeftOpencode(stateDir)) this.#log.warn({}, "ended the opencode of a sessiond that was killed");
    // A session whose git has no token is still a session.
    if (github.socket !== undefined) this.#background(this.#credentials.listen(github.socket), "git credentials");
    const { signal } = this.#stopping;
    this.#background(this.#opencode.run(signal), "supervision");
    this.#background(this.#bootstrap.recall(), "marker");
    this.#background(this.#watcher.run(signal), "ports");
    this.#background(this.#pusher.run(this.#pushing.signal), "push");
    this.#log.info({ pid: process.pid }, "listening");
  }

  /** Ends everything in the right order. May be called twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  status(): SessiondStatus {
    return sessiondStatus({
      workspace: this.#config.workspace,
      opencode: this.#opencode,
      busy: this.#mirror.busy,
      ports: this.#watcher.listening,
      readyAt: this.#readyAt,
      clients: this.#door.clients,
    });
  }

  report(): SessionReport {
    return {
      status: this.status(),
      conversation: this.#mirror.conversation,
      initialMessageDone: this.#bootstrap.messageDone,
      messages: [...this.#mirror.messages],
    };
  }

  async #stop(): Promise<void> {
    const { child, instance } = this.#opencode;
    this.#stopping.abort();
    this.#door.server.close();
    const ports = { clock: this.#clock, log: this.#log, processes: this.#processes };
    const running = child === undefined ? undefined : { pid: child.pid, client: instance?.client };
    await endSession(running, ports);
    this.#opencode.markStopped();
    this.#door.close();
    this.#credentials.close();
    this.#pushing.abort();
    const { listen } = this.#config;
    if (listen.kind === "socket") rmSync(listen.path, { force: true });
    await this.#pusher.last(LAST_PUSH_MS);
  }

  #onSpawn(pid: number): void {
    this.#background(rememberOpencode(this.#config.stateDir, pid), "opencode's number");
  }

  #onHealthy(instance: Instance): void {
    instance.ended.addEventListener("abort", () => this.#door.dropOpencode());
    this.#background(this.#mirror.follow(instance), "events");
    this.#background(this.#bootstrap.run(instance), "bootstrap");
  }

  #onConversation(latest: ConversationInfo): void {
    this.#mirror.learn(latest);
    if (this.#readyAt !== null) return;
    this.#readyAt = this.#clock.now();
    this.#log.info({}, "ready");
    this.#pusher.changed();
  }

  #devProcesses(): number[] {
    const own = this.#opencode.child?.pid;
    return this.#processes.list().flatMap(({ pid }) => (pid === own ? [] : [pid]));
  }

  #situation(): Situation {
    const { listen } = this.#config;
    const doorPort = listen.kind === "tcp" ? [listen.port] : [];
    return { opencodePort: this.#opencode.instance?.port, ownPorts: [this.#opencode.port, ...doorPort] };
  }

  #background(work: Promise<unknown>, what: string): void {
    work.catch((cause: unknown) => this.#log.error({ cause }, `${what} failed`));
  }
}
