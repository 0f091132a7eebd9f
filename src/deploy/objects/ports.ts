import { PROGRAMS, type ProgramName } from "./programs.ts";

/** Name of a port of a program. */
export type PortName<P extends ProgramName> = keyof (typeof PROGRAMS)[P]["ports"] & string;

interface ContainerPort {
  readonly name: string;
  readonly containerPort: number;
  readonly protocol: "TCP";
}

/**
 * The ports of a program's container, by the names that its Services and policies know.
 * @param names of those that it listens on. Default: all
 */
export const containerPorts = (program: ProgramName, names?: readonly string[]): ContainerPort[] =>
  Object.entries(PROGRAMS[program].ports).flatMap(([name, containerPort]) =>
    names === undefined || names.includes(name) ? [{ name, containerPort, protocol: "TCP" as const }] : [],
  );

/** The port of a Service that has the name and the number of its program's. */
export const servicePort = <P extends ProgramName>(program: P, name: PortName<P>) => ({
  name,
  port: (PROGRAMS[program].ports as Readonly<Record<string, number>>)[name] as number,
  targetPort: name,
  protocol: "TCP",
});
