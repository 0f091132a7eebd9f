import { formatHost, portHostPattern, type HostGrammar } from "../contracts/hosts.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { Conversation } from "../contracts/status.ts";

export interface UrlConfig {
  readonly grammar: HostGrammar;
  readonly proto: "http" | "https";
  /** `:3000`, or empty where the scheme's own port is used. */
  readonly sessionPort: string;
  readonly attachPort: string;
  /** Used for every session's attach URL when names below the domain need not resolve. */
  readonly attachOrigin: string | undefined;
}

/** The public addresses of sessions: the only place that makes them. */
export class SessionUrls {
  readonly #config: UrlConfig;

  constructor(config: UrlConfig) {
    this.#config = config;
  }

  attach(hash: SessionHash): string {
    const { proto, grammar, attachPort, attachOrigin } = this.#config;
    return attachOrigin ?? `${proto}://${formatHost({ kind: "attach", hash }, grammar)}${attachPort}`;
  }

  ide(hash: SessionHash): string {
    return `${this.#origin({ kind: "ide", hash })}/`;
  }

  port(hash: SessionHash, port: number): string {
    return `${this.#origin({ kind: "port", hash, port })}/`;
  }

  /** Of every dev server: `{port}` stands for its port. */
  portPattern(hash: SessionHash): string {
    const { proto, grammar, sessionPort } = this.#config;
    return `${proto}://${portHostPattern(hash, grammar)}${sessionPort}/`;
  }

  /** opencode's own deep link: `/<base64url(directory)>/session/<id>`. */
  conversation(hash: SessionHash, { id, directory }: Pick<Conversation, "id" | "directory">): string {
    const folder = Buffer.from(directory).toString("base64url");
    return `${this.#origin({ kind: "session", hash })}/${folder}/session/${id}`;
  }

  #origin(host: Parameters<typeof formatHost>[0]): string {
    const { proto, grammar, sessionPort } = this.#config;
    return `${proto}://${formatHost(host, grammar)}${sessionPort}`;
  }
}
