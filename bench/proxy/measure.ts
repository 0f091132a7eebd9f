import { setTimeout as delay } from "node:timers/promises";
import { call } from "../../test/harness/http.ts";
import { cpuSeconds } from "../cpu.ts";
import type { Contestant } from "./contestants.ts";
import { put, type Load } from "./load.ts";
import type { Counters } from "./programs/target.ts";

/** One load on one contestant. */
export interface Sample {
  readonly load: string;
  readonly contestant: string;
  /** Answers a second, or messages that came back. */
  readonly perSecond: number;
  /** CPU time of the contestant's own processes, in microseconds. */
  readonly cpuPerRequest: number;
  /** Connections that reached the target while requests ran, without the first ones. */
  readonly connectionsPerRequest: number;
  readonly failures: number;
}

export interface Course {
  readonly loads: readonly Load[];
  readonly contestants: readonly Contestant[];
  readonly targetPort: number;
  readonly rounds: number;
  /** How long each load lasts. */
  readonly seconds: number;
}

/** All contestants take turns with each load, round by round, so that all meet the same moods of the machine. */
export async function measure(course: Course): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let round = 1; round <= course.rounds; round++)
    for (const load of course.loads)
      for (const contestant of course.contestants) samples.push(await sample(course, load, contestant));
  return samples;
}

async function sample({ targetPort, seconds }: Course, load: Load, contestant: Contestant): Promise<Sample> {
  const before = await cpuSeconds(contestant.pids);
  const running = put(load, contestant, seconds);
  const connectionsPerRequest = await newConnections(targetPort, seconds);
  const { count, seconds: lasted, failures } = await running;
  const cpu = (await cpuSeconds(contestant.pids)) - before;
  return {
    load: load.name,
    contestant: contestant.name,
    perSecond: count / lasted,
    cpuPerRequest: (cpu * 1e6) / count,
    connectionsPerRequest,
    failures,
  };
}

/** Looks in the middle of the load: its begin opens the connections, and its end cuts what is on its way. */
async function newConnections(targetPort: number, seconds: number): Promise<number> {
  await delay(seconds * 300);
  const before = await counters(targetPort);
  await delay(seconds * 500);
  const after = await counters(targetPort);
  // The second look is a connection itself.
  return (after.connections - before.connections - 1) / (after.requests - before.requests);
}

const counters = async (port: number): Promise<Counters> => (await call(port, "/counters")).json<Counters>();
