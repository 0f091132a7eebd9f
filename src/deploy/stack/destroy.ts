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

  Goes:  the edge (Traefik, sign-in, tunnel), so that nobody reaches the platform any more; the router;
         ${database === "url" ? "not the database, which is yours" : "its DATABASE: shares, people's secrets, access tokens, the account of usage and the audit record"}
  Stays: the namespace ${sessions}, the kind Session, and every session with its volume: all files and conversations;
         the secrets that sessions and people's secrets are bound to, in the stack's state

\`make up\` brings the platform back, with the sessions. Pods of sessions run on without network policies:
  kubectl delete pods --namespace ${sessions} --selector app.kubernetes.io/component=session

`;
