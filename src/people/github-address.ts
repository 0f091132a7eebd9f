/** Where a GitHub is: the public one, one with a domain of its own, or a server of a company. */
export interface GitHubAddress {
  /** Root of the REST API, without a slash at its end. */
  readonly api: string;
  /** Origin of the web site: repositories are cloned from here, and a person's token belongs to it. */
  readonly web: string;
}

/** `https://api.github.com` goes with `https://github.com`; `https://git.example.org/api/v3` with its own host. */
export function githubAddress(apiUrl: string): GitHubAddress {
  const { protocol, host, pathname } = new URL(apiUrl);
  const path = pathname.replace(/\/+$/, "");
  const webHost = path === "" ? host.replace(/^api\./, "") : host;
  return { api: `${protocol}//${host}${path}`, web: `${protocol}//${webHost}` };
}

/** Whether a URL that somebody gave us is part of this API, so that the token may be sent to it. */
export function isOfApi(url: string, { api }: GitHubAddress): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, pathname, username, password } = new URL(url);
  return username === "" && password === "" && `${origin}${pathname}`.startsWith(`${api}/`);
}

// With an underscore: the accounts that companies manage have one.
const OWNER = "[A-Za-z0-9][A-Za-z0-9_-]{0,38}";
const FULL_NAME = new RegExp(String.raw`^(?<owner>${OWNER})/(?<name>[A-Za-z0-9._-]{1,100})$`);

/**
 * The API's path of a repository that is given as `owner/name` or by its address on the web site.
 * @returns undefined when it is neither
 */
export function repositoryPath(text: string, { web }: GitHubAddress): string | undefined {
  const ofSite = text.toLowerCase().startsWith(`${web}/`);
  const fullName = ofSite ? text.slice(web.length + 1).replace(/(?:\.git)?\/?$/, "") : text;
  const { owner, name } = FULL_NAME.exec(fullName)?.groups ?? {};
  if (owner === undefined || name === undefined || /^\.\.?$/.test(name)) return undefined;
  return `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
}

/** Target of `rel="next"` in a `Link` header (RFC 8288). */
export function nextLink(header: string | null): string | undefined {
  return /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(header ?? "")?.[1];
}
