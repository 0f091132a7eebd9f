/** Why a repository cannot be used: a code of the API, and a sentence for the person. */
export interface RemoteProblem {
  readonly ok: false;
  readonly code: "remote_unreachable" | "remote_refused" | "invalid_repository";
  readonly message: string;
}

export type RemoteHeads = { readonly ok: true; readonly branches: string[] } | RemoteProblem;

export const unreachable = (message: string): RemoteProblem => ({ ok: false, code: "remote_unreachable", message });
export const refused = (message: string): RemoteProblem => ({ ok: false, code: "remote_refused", message });
export const invalid = (message: string): RemoteProblem => ({ ok: false, code: "invalid_repository", message });

export const needsCredentials = (place: string): RemoteProblem =>
  refused(
    `${place} asks for credentials: the repository is private and you have no access to it from here, or it does not exist.`,
  );
export const noRepository = (place: string): RemoteProblem =>
  refused(`There is no git repository at this address on ${place}, or you may not see it. Check the URL.`);
export const tooSlow = (place: string, timeoutMs: number): RemoteProblem =>
  unreachable(`${place} took longer than ${timeoutMs / 1000} s to answer. Try again later.`);
