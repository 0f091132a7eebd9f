import { join } from "node:path";
import type { SessionHash } from "../../contracts/session-hash.ts";

/** Where everything of one session is. */
export interface SessionFolder {
  readonly root: string;
  readonly home: string;
  readonly workspace: string;
  readonly state: string;
  readonly socket: string;
  /** Where git asks for credentials. */
  readonly gitSocket: string;
  readonly initLog: string;
  readonly sessiondLog: string;
  readonly key: string;
  readonly initialMessage: string;
  readonly gitConfig: string;
  /** Which process is the session's sessiond. */
  readonly run: string;
}

export const sessionsRoot = (dataDir: string): string => join(dataDir, "sessions");

export function sessionFolder(dataDir: string, hash: SessionHash): SessionFolder {
  const root = join(sessionsRoot(dataDir), hash);
  const home = join(root, "home");
  return {
    root,
    home,
    workspace: join(home, "workspace"),
    state: join(home, ".local/state/opencode-router"),
    socket: join(root, "sessiond.sock"),
    gitSocket: join(root, "git.sock"),
    initLog: join(root, "log/init.log"),
    sessiondLog: join(root, "log/sessiond.log"),
    key: join(root, "key"),
    initialMessage: join(root, "initial-message"),
    gitConfig: join(root, "gitconfig"),
    run: join(root, "run.json"),
  };
}

/** `sun_path` holds 108 bytes with the zero at its end. */
const MAX_SOCKET_PATH_BYTES = 107;

/** @returns why sessions cannot have their socket below this data folder, or undefined. */
export function maxSocketPathProblem(dataDir: string): string | undefined {
  const longest = sessionFolder(dataDir, "0".repeat(12) as SessionHash).socket;
  const over = Buffer.byteLength(longest) - MAX_SOCKET_PATH_BYTES;
  if (over <= 0) return undefined;
  return `the path ${dataDir} is ${over} bytes too long: the socket of a session below it would exceed the ${MAX_SOCKET_PATH_BYTES} bytes that the system allows; choose a shorter folder`;
}
