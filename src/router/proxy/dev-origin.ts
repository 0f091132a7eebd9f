import { isDevPort } from "../../contracts/dev-ports.ts";

/** How a dev server's port host is reached from outside. */
export interface PublicAddress {
  /** `<port>-<hash><suffix>.<domain>`, with its own port if it is not the scheme's. */
  readonly host: string;
  readonly proto: string;
}

interface DevOrigin {
  readonly port: number;
  readonly at: PublicAddress;
  readonly upgrade: boolean;
}

/**
 * The `Origin` that a dev server is told of; undefined: none. Only the port host's own origin is changed: the server was
 * asked for `localhost:<port>`, and would take a page that it served itself for a stranger's.
 * - A WebSocket needs one, and it must fit the `Host` (webpack-dev-server, Next, Action Cable, Channels).
 * - A request does without. Some servers compare it with `Host` (Django, Next's overlay), others with
 *   `X-Forwarded-Host` (Next's server actions, React Router, Rails): no value pleases both, and none of them misses it.
 */
export function devOrigin(origin: string, { port, at, upgrade }: DevOrigin): string | undefined {
  if (origin.toLowerCase() !== `${at.proto}://${at.host}`.toLowerCase()) return origin;
  return upgrade ? `http://localhost:${port}` : undefined;
}

const LOCAL_URL = /^(?:https?:)?\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):(\d{1,5})(?=[/?#]|$)/i;

/** A redirect to where the session's servers believe themselves to be, as one to where the browser finds them. */
export function publicLocation(location: string, { host, proto }: PublicAddress): string {
  const [local = "", port] = LOCAL_URL.exec(location) ?? [];
  if (port === undefined || !isDevPort(Number(port))) return location;
  return `${proto}://${host.replace(/^\d+(?=-)/, String(Number(port)))}${location.slice(local.length)}`;
}
