import { needsCredentials, noRepository, refused, type RemoteProblem, unreachable } from "./remote-result.ts";

type Explain = (place: string, demanded: RemoteProblem) => RemoteProblem;

const cannotBeReached: Explain = (place) =>
  unreachable(`${place} cannot be reached. Check the URL, or try again later.`);

/** What git, curl and ssh say, in the order of precedence. ssh failures end with git's advice to check access rights. */
const EXPLANATIONS: readonly (readonly [pattern: RegExp, explain: Explain])[] = [
  [
    /cannot run ssh|ssh: not found/i,
    () => unreachable("ssh is not installed here. Use the https URL of the repository."),
  ],
  [/host key verification failed/i, (place) => refused(`The ssh key of ${place} is not the one that is known here.`)],
  [/permission denied/i, needsCredentials],
  [
    /authentication failed|could not read (username|password)|terminal prompts disabled|error: 401/i,
    (_place, demanded) => demanded,
  ],
  [/certificate|SSL|TLS|gnutls/i, (place) => unreachable(`The certificate of ${place} cannot be verified.`)],
  [
    /could not resolve|couldn't connect|failed to connect|connection (refused|reset|closed|timed out)|timed out|no route|unreachable/i,
    cannotBeReached,
  ],
  [/not found|does not exist|does not appear to be a git repository|not a git repository|no such/i, noRepository],
  [
    /dubious ownership/i,
    () => refused("The repository belongs to another user of this machine; git does not read it."),
  ],
];

/**
 * What git wrote, as a sentence. Its own words are not passed on: they may hold more than the person may know.
 * `demanded` is what to tell when a web server asked for credentials.
 */
export function explainFailure(stderr: string, place: string, demanded: RemoteProblem): RemoteProblem {
  const known = EXPLANATIONS.find(([pattern]) => pattern.test(stderr));
  return known ? known[1](place, demanded) : refused(`${place} did not list the branches of this repository.`);
}
