import { isDevPort } from "../../contracts/dev-ports.ts";

export type Target =
  | { readonly kind: "opencode" }
  | { readonly kind: "ide" }
  | { readonly kind: "port"; readonly port: number };

/** What the authority of a CONNECT names, or undefined when it is nothing that can be reached through the door. */
export function parseTarget(authority: string | undefined): Target | undefined {
  if (authority === "opencode" || authority === "ide") return { kind: authority };
  const digits = /^port:([1-9]\d{0,4})$/.exec(authority ?? "")?.[1];
  return digits === undefined ? undefined : { kind: "port", port: Number(digits) };
}

export interface Situation {
  /** Where opencode answers; undefined while it does not. */
  readonly opencodePort: number | undefined;
  /** Ports of sessiond and opencode themselves: a shared dev port must never lead to the agent's API. */
  readonly ownPorts: readonly number[];
}

export interface Admitted {
  readonly ok: true;
  readonly to: "opencode" | "dev-server";
  readonly port: number;
}

export type Admission = Admitted | { readonly ok: false; readonly status: 400 | 403 | 503 };

/** Whether a target may be connected to now, and where it is. */
export function admit(target: Target | undefined, { opencodePort, ownPorts }: Situation): Admission {
  if (target === undefined) return { ok: false, status: 400 };
  if (target.kind === "ide") return { ok: false, status: 503 };
  if (target.kind === "opencode")
    return opencodePort === undefined ? { ok: false, status: 503 } : { ok: true, to: "opencode", port: opencodePort };
  const allowed = isDevPort(target.port) && !ownPorts.includes(target.port);
  return allowed ? { ok: true, to: "dev-server", port: target.port } : { ok: false, status: 403 };
}
