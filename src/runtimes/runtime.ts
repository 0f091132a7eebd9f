import type { Socket } from "node:net";
import type { Failure, StartStage } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { Secret } from "../lib/secret.ts";

/** What a runtime must know to start a session. Everything in it is data: nothing is ever spliced into a script. */
export interface SessionSpec {
  readonly hash: SessionHash;
  readonly owner: string;
  readonly repoUrl: string | null;
  readonly branch: string | null;
  readonly sourceBranch: string | null;
  /** Given to the agent once by sessiond; null when there is none or when it was already given. */
  readonly initialMessage: string | null;
  /** What the router presents to sessiond, and sessiond to the router. */
  readonly sessionKey: Secret;
  /** The owner's secrets by variable, for what runs in the session; none takes the place of a platform's variable. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** What the owner's sign-in gave for GitHub: for the clone and for sessiond, never for the environment of the agent. */
  readonly githubToken: Secret | null;
}

/** What is really there. `failed` stays until the next `start`, `stop` or `remove`. */
export type Observed =
  | { readonly phase: "absent" }
  | { readonly phase: "starting"; readonly stage: StartStage }
  /** sessiond answers, opencode is healthy and the conversation is there. */
  | { readonly phase: "running" }
  /** `stuck`: why it has not ended long after it should have. Until it has, nothing can start. */
  | { readonly phase: "stopping"; readonly stuck?: Failure }
  /** Nothing of the session runs any more; the files stay. */
  | { readonly phase: "failed"; readonly failure: Failure };

/** What makes a session run. Every action may be repeated. */
export interface Runtime {
  /** Looks at what an earlier router left: adopts sessions of `specs` that still run, ends all others. Called once, first. */
  adopt(specs: readonly SessionSpec[]): Promise<void>;
  observe(hash: SessionHash): Observed;
  /** `listener` hears that something about a session may have changed: look again. */
  onChange(listener: (hash: SessionHash) => void): Disposable;
  /** Begins a start and returns; what follows is told by `observe`. Nothing happens when it is starting or running already. */
  start(spec: SessionSpec): void;
  /** Ends the processes of a session, cleanly if they let themselves; resolves when the last is gone. Files stay. */
  stop(hash: SessionHash): Promise<void>;
  /** `stop`, then removes the files. */
  remove(hash: SessionHash): Promise<void>;
  /** A new raw connection to the session's sessiond. @throws when nothing listens there. */
  connect(hash: SessionHash): Promise<Socket>;
  /** Stops every session cleanly. May be called twice. */
  close(): Promise<void>;
}
