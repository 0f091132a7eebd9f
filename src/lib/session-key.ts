import type { Secret } from "./secret.ts";

/** Password of the session's opencode server: known to sessiond and to the router, not to neighbours. */
export const opencodePassword = (sessionKey: Secret): Secret => sessionKey.derive("opencode");
