/** Where sessiond takes the sign-in's token for GitHub: `PUT` with `{"token": string | null}`, answered by `204`. */
export const GITHUB_TOKEN_PATH = "/github-token";

/** What such a token may look like: visible ASCII, so that it is one line for git and one value of a header. */
export const isGitHubToken = (text: string): boolean => /^[\x21-\x7e]{1,4096}$/.test(text);
