import type { IncomingMessage } from "node:http";
import type { SessionHash } from "../../contracts/session-hash.ts";
import type { Secret } from "../../lib/secret.ts";
import { opencodePassword } from "../../lib/session-key.ts";
import type { ToSession } from "../dispatch.ts";
import type { RequestRewrite } from "./headers.ts";
import { OpenExchanges } from "./open-exchanges.ts";
import { Tunnels, type TunnelSource } from "./tunnel.ts";

export interface ProxyParts extends TunnelSource {
  readonly ssoCookieName: string;
  readonly proto: "http" | "https";
  /** A person used the session. */
  readonly touch: (hash: SessionHash) => void;
}

/** What passing requests to sessions needs. */
export class Proxy {
  readonly tunnels: Tunnels;
  readonly exchanges = new OpenExchanges();
  readonly #parts: ProxyParts;
  readonly #authorizations = new Map<SessionHash, string>();

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    this.tunnels = new Tunnels(parts);
  }

  touch(hash: SessionHash): void {
    this.#parts.touch(hash);
  }

  rewrite(route: ToSession, req: IncomingMessage, upgrade: boolean): RequestRewrite {
    const { ssoCookieName, proto } = this.#parts;
    return {
      method: req.method ?? "GET",
      rawHeaders: req.rawHeaders,
      target: route.target,
      entrance: route.entrance,
      opencodeAuthorization: this.#authorization(route.record.hash),
      forwarded: { for: route.from, host: req.headers.host ?? "", proto },
      ssoCookieName,
      upgrade,
    };
  }

  /** The session does not run any more: its connections and credentials are worth nothing. */
  forget(hash: SessionHash): void {
    this.tunnels.forget(hash);
    this.#authorizations.delete(hash);
  }

  #authorization(hash: SessionHash): string {
    const known = this.#authorizations.get(hash);
    if (known !== undefined) return known;
    const made = basic(opencodePassword(this.#parts.sessionKey(hash)));
    this.#authorizations.set(hash, made);
    return made;
  }
}

const basic = (password: Secret): string => `Basic ${Buffer.from(`opencode:${password.reveal()}`).toString("base64")}`;
