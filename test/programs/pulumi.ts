/**
 * Stands in for Pulumi's command line: it knows stacks and their configuration, and deploys nothing. `PULUMI_STATE` names the
 * file of what it knows, `PULUMI_LOG` the one to which it adds each call: a line of JSON with the arguments and, where it
 * asked for a value, what came by standard input.
 */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { PulumiState } from "../harness/pulumi-stand-in.ts";

const { PULUMI_STATE: stateFile = "", PULUMI_LOG: logFile = "" } = process.env;
const args = process.argv.slice(2);
const state = JSON.parse(readFileSync(stateFile, "utf8")) as PulumiState;

async function readLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    // A terminal that is still listened to would keep this program alive.
    process.stdin.destroy();
    return line;
  }
  return "";
}

const words = args.filter((arg, index) => !arg.startsWith("--") && args[index - 1] !== "--stack");
const command = words.join(" ");
let input: string | undefined;

if (command === "stack" && args.includes("--show-name")) process.stdout.write(`${state.stack}\n`);
else if (command === "stack output") process.stdout.write(JSON.stringify(state.outputs ?? {}));
else if (command.startsWith("stack select ")) state.stack = words[2] ?? "";
else if (command === "config") process.stdout.write(JSON.stringify(state.config));
else if (command.startsWith("config set ")) {
  const secret = args.includes("--secret");
  const [, , key = "", text] = words;
  if (text === undefined) {
    process.stdout.write(`value of ${key}: `);
    input = await readLine();
  }
  state.config[`opencode-router:${key}`] = secret ? { secret } : { value: text ?? input ?? "", secret };
}
writeFileSync(stateFile, JSON.stringify(state));
appendFileSync(logFile, `${JSON.stringify({ args, input })}\n`);
