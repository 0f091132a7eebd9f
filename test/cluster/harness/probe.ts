import { setTimeout as delay } from "node:timers/promises";
import type { V1Probe } from "@kubernetes/client-node";
import type { Container } from "./container.ts";

/** Asks once. Only commands: the session's pods have no other probes. */
export async function ask(probe: V1Probe, container: Pick<Container, "exec">): Promise<boolean> {
  const command = probe.exec?.command;
  if (command === undefined) throw new Error("the nodes of a test know only probes by a command");
  return (await container.exec(command, probe.timeoutSeconds ?? 1)) === 0;
}

/** Asks again and again, until the signal fires. @returns false once it failed too often, true once it answered */
export async function startedUp(probe: V1Probe, container: Container, signal: AbortSignal): Promise<boolean> {
  await delay((probe.initialDelaySeconds ?? 0) * 1000, undefined, { signal });
  for (let failures = 0; failures < (probe.failureThreshold ?? 3); failures++) {
    if (await ask(probe, container)) return true;
    await delay((probe.periodSeconds ?? 10) * 1000, undefined, { signal });
  }
  return false;
}

/** Tells each change of a probe's result, until the signal fires; it begins as false. */
export async function followProbe(
  { probe, container, signal }: { probe: V1Probe; container: Container; signal: AbortSignal },
  changed: (good: boolean) => void,
): Promise<void> {
  await delay((probe.initialDelaySeconds ?? 0) * 1000, undefined, { signal });
  let good = false;
  for (let failures = 0, successes = 0; ;) {
    const answered = await ask(probe, container);
    signal.throwIfAborted();
    failures = answered ? 0 : failures + 1;
    successes = answered ? successes + 1 : 0;
    const turns = good ? failures >= (probe.failureThreshold ?? 3) : successes >= (probe.successThreshold ?? 1);
    if (turns) changed((good = !good));
    await delay((probe.periodSeconds ?? 10) * 1000, undefined, { signal });
  }
}
