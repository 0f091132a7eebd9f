import { KEYS, type KeyName } from "../settings/keys.ts";
import { StackFault, type Pulumi } from "./pulumi.ts";
import { commandFor, kindOf, missingKeys, problemOf, StackConfig } from "./stack-config.ts";

export interface Person {
  tell(text: string): void;
  /** Shows the question and waits for a line; undefined where nobody sits at a terminal. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** Makes the stack or chooses it, and asks for what has to be set and is not. @returns the exit code */
export async function initStack(wanted: string | undefined, pulumi: Pulumi, person: Person): Promise<number> {
  const stack = wanted || (await person.ask?.("Name of the stack, such as production: "))?.trim();
  if (!stack) throw new StackFault("Which stack? Say `make init STACK=production`.");
  const code = await pulumi.run(["stack", "select", "--create", stack]);
  if (code !== 0) return code;
  await fillIn(stack, pulumi, person);
  const left = missingKeys(await readConfig(stack, pulumi));
  if (left.length > 0) {
    const commands = left.map((name) => `  ${commandFor(name)}\n`).join("");
    person.tell(`\nThe stack ${stack} is there. Still to set (README.md, "Deploy to a cluster"):\n\n${commands}\n`);
  } else person.tell(`\nThe stack ${stack} has what it needs. \`make preview\` shows what \`make up\` will do.\n`);
  return 0;
}

async function fillIn(stack: string, pulumi: Pulumi, person: Person): Promise<void> {
  const { ask } = person;
  if (ask === undefined) return;
  const setOrAsk = async (name: KeyName): Promise<void> => {
    const kind = kindOf(name);
    if (kind === "file") return;
    person.tell(`\n${name}: ${KEYS[name].about}\n`);
    if (kind === "secret") await setSecret(name, stack, pulumi);
    else if (!(await setText(name, stack, { pulumi, person, ask })) && name === "auth.githubOrg")
      await setOrAsk("auth.allowedEmails");
  };
  for (const name of missingKeys(await readConfig(stack, pulumi))) await setOrAsk(name);
}

/** Pulumi asks for it itself, so that it is on no screen and in no list of processes. */
async function setSecret(name: KeyName, stack: string, pulumi: Pulumi): Promise<void> {
  const code = await pulumi.run(["config", "set", "--secret", "--stack", stack, name]);
  if (code !== 0)
    throw new StackFault(`${name} is not set. \`make init STACK=${stack}\` asks again for what is missing.`);
}

interface Asking {
  readonly pulumi: Pulumi;
  readonly person: Person;
  readonly ask: (question: string) => Promise<string>;
}

/** Asks until the text can be used. @returns whether there is one */
async function setText(name: KeyName, stack: string, { pulumi, person, ask }: Asking): Promise<boolean> {
  for (;;) {
    const text = (await ask("value (empty: leave it out): ")).trim();
    if (text === "") return false;
    const problem = problemOf(name, text);
    if (problem === undefined) return (await pulumi.run(["config", "set", "--stack", stack, "--", name, text])) === 0;
    person.tell(`${name}: ${problem}\n`);
  }
}

const readConfig = async (stack: string, pulumi: Pulumi): Promise<StackConfig> =>
  StackConfig.parse(await pulumi.read(["config", "--json", "--stack", stack]));
