import { PROGRAMS, type ProgramName } from "./programs.ts";

interface ContainerPort {
  readonly name: string;
  readonly containerPort: number;
  readonly protocol: "TCP";
}

/** The ports of a program's container, by the names that its Services and policies know. */
export const containerPorts = (program: ProgramName): ContainerPort[] =>
  Object.entries(PROGRAMS[program].ports).map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" }));
