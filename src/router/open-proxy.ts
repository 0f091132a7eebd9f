import type { Runtime } from "../runtimes/runtime.ts";
import type { Sessions } from "../sessions/service.ts";
import { mayUsePort } from "./access/may.ts";
import type { Config } from "./config.ts";
import type { Admitted } from "./dispatch.ts";
import { Proxy } from "./proxy/proxy.ts";

export interface OpenProxyParts {
  readonly sessions: Sessions;
  readonly runtime: Runtime;
  readonly config: Pick<Config, "ssoCookieName" | "urls">;
}

/** The proxy to the sessions; what is open through it ends with its session, its share or its password. */
export function openProxy({ sessions: { known, keys }, runtime, config }: OpenProxyParts): Proxy {
  const proxy = new Proxy({
    connect: (hash) => runtime.connect(hash),
    sessionKey: (hash) => keys.sessionKey(hash),
    touch: (hash) => known.activity.touch(hash),
    ssoCookieName: config.ssoCookieName,
    proto: config.urls.proto,
  });
  runtime.onChange((hash) => {
    if (runtime.observe(hash).phase !== "running") proxy.forget(hash);
  });
  // Another router may have made the new password.
  known.changes.subscribe((hash) =>
    proxy.exchanges.endUnless(hash, ({ entrance, record }) => {
      return entrance !== "attach" || record.attachNonce === known.get(hash)?.attachNonce;
    }),
  );
  known.changes.subscribe((hash) => proxy.exchanges.endUnless(hash, (admitted) => isStillAdmitted(admitted, known)));
  return proxy;
}

/** What let them in may have been taken back since: a share, an attach password, or the session itself. */
function isStillAdmitted({ record, target, entrance, principal }: Admitted, known: Sessions["known"]): boolean {
  const now = known.get(record.hash);
  if (!now) return false;
  if (entrance === "attach") return now.attachNonce === record.attachNonce;
  return target.kind !== "port" || mayUsePort(known.shares.get(record.hash, target.port), record.owner, principal);
}
