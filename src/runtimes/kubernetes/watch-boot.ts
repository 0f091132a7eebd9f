import type { V1Pod } from "@kubernetes/client-node";
import { explainAgentCrash } from "../../contracts/agent-crash.ts";
import type { Failure } from "../../contracts/session.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Secret } from "../../lib/secret.ts";
import { fetchStatus } from "../sessiond-client.ts";
import { SESSIOND_PORT } from "../../contracts/cluster-names.ts";
import { observePod } from "./observe-pod.ts";

const LOOK_MS = 1_000;

export interface Boot {
  /** The pod as it is known now. */
  readonly pod: () => V1Pod | undefined;
  readonly sessionKey: Secret;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Asks sessiond itself while its pod boots: it knows that opencode has crashed for the last time long before the kubelet gives
 * up, and why. @returns why there will be no agent; undefined when the boot is over, one way or another
 */
export async function watchBoot({ pod, sessionKey, clock, signal }: Boot): Promise<Failure | undefined> {
  const { uid } = pod()?.metadata ?? {};
  for (;;) {
    const now = pod();
    const observed = observePod(now, undefined, clock.now());
    if (signal.aborted || now?.metadata?.uid !== uid || observed.phase !== "starting") return undefined;
    const host = now?.status?.podIP;
    if (observed.stage === "booting" && host) {
      const asked = await fetchStatus({ host, port: SESSIOND_PORT }, sessionKey);
      if (asked.answer === "status" && asked.status.opencode.state === "error")
        return explainAgentCrash(asked.status.opencode.lastCrash);
    }
    await clock.sleep(LOOK_MS, signal).catch(() => {}); // aborted: the loop ends
  }
}
