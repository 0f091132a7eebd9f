import { execFile } from "node:child_process";
import type { ClusterFacts } from "./platform.ts";

/** Runs `kubectl` with these arguments. @returns what it writes. @throws what it complains of */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

const LIMIT_MS = 60_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** The program, by default the one of the PATH, at the stack's cluster. */
export function kubectlProgram(
  { kubeconfig, context }: Pick<ClusterFacts, "kubeconfig" | "context">,
  program = "kubectl",
): Kubectl {
  const place = [
    ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
    ...(context === undefined ? [] : ["--context", context]),
    "--request-timeout=20s",
  ];
  return (args, input = "") =>
    new Promise((resolve, reject) => {
      const options = { timeout: LIMIT_MS, maxBuffer: MAX_BYTES };
      const child = execFile(program, [...place, ...args], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else if (error.code === "ENOENT") reject(new Error("kubectl is not installed: the cluster is asked by it."));
        else reject(new Error(`kubectl ${args.join(" ")}: ${lastLine(stderr) || error.message}`));
      });
      child.stdin?.on("error", () => {}); // it has ended before it read everything, and says why
      child.stdin?.end(input);
    });
}

/** Before it, kubectl logs each of its attempts. */
const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

export const getJson = async (kubectl: Kubectl, args: readonly string[]): Promise<unknown> =>
  JSON.parse(await kubectl(["get", ...args, "--output=json"]));
