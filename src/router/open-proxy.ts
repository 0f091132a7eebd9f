import type { Runtime } from "../runtimes/runtime.ts";
import type { Sessions } from "../sessions/service.ts";
import { mayUsePort } from "./access/may.ts";
import type { Config } from "./config.ts";
import { Proxy } from "./proxy/proxy.ts";

export interface OpenProxyParts {
  readonly sessions: Sessions;
  readonly runtime: Runtime;
  readonly config: Pick<Config, "ssoCookieName" | "urls">;
}

/** The proxy to the sessions; what is open through it ends when its session stops or its share no longer allows it. */
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
  known.shares.changes.subscribe((hash) =>
    proxy.exchanges.endUnless(hash, ({ target, record, principal }) => {
      const share = target.kind === "port" ? known.shares.get(hash, target.port) : undefined;
      return !share || mayUsePort(share, record.owner, principal);
    }),
  );
  return proxy;
}
