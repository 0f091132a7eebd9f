import type { Person } from "./init.ts";
import { StackFault, type Pulumi } from "./pulumi.ts";
import { StackConfig } from "./stack-config.ts";

export interface Destruction {
  /** Undefined: the one that is chosen. */
  readonly stack: string | undefined;
  /** The stack's name, said in advance by somebody without a terminal. */
  readonly confirm: string | undefined;
}

/** Says what goes and what stays, wants the stack's name, and destroys it. @returns the exit code */
export async function destroyStack({ stack, confirm }: Destruction, pulumi: Pulumi, person: Person): Promise<number> {
  const name = stack || (await pulumi.read(["stack", "--show-name"])).trim();
  const config = StackConfig.parse(await pulumi.read(["config", "--json", "--stack", name]));
  person.tell(whatHappens(name, `${config.text("name") || "opencode"}-sessions`, config.text("database.kind")));
  const typed = confirm || (await person.ask?.(`Type the stack's name to destroy it: `))?.trim();
  if (typed === undefined)
    throw new StackFault(
      `Nothing was destroyed. Without a terminal, say \`make destroy STACK=${name} CONFIRM=${name}\`.`,
    );
  if (typed !== name) throw new StackFault(`"${typed}" is not ${name}: nothing was destroyed.`);
  // At a terminal Pulumi shows what it is about to do and asks once more.
  return pulumi.run(["destroy", "--stack", name, "--exclude-protected", ...(confirm ? ["--yes"] : [])]);
}

const whatHappens = (stack: string, sessions: string, database: string): string => `
The stack ${stack} is about to be destroyed.

  Goes:  the edge (Traefik, sign-in, tunnel) and the router${database === "deploy" ? ", with the server of the database" : ""}: nobody reaches the platform any more.
  Stays: the namespace ${sessions}, the kind Session, and every session with its volume: all files and conversations;
         ${database === "url" ? "the database, which is yours" : "the volume of the database"}: shares, people's secrets, access tokens, usage and the audit record;
         the secrets to which these are bound, in the stack's state.

\`make up\` brings the platform back as it was. docs/operations.md tells how to remove the rest. Pods of sessions run on, as
closed to each other as before; this stops them:
  kubectl delete pods --namespace ${sessions} --selector app.kubernetes.io/component=session

`;
