import { availableParallelism, loadavg } from "node:os";

/** What else the machine does decides how far the figures can be believed. */
export function tellLoad(when: string): void {
  const [lastMinute = 0] = loadavg();
  process.stdout.write(`load ${when}: ${lastMinute.toFixed(1)} on ${availableParallelism()} cores\n`);
}
