import { failed, ok, type Check, type Verdict } from "./check.ts";
import { DOORS, doorUrl, type Platform } from "./platform.ts";
import type { Answer, Web } from "./web.ts";

/** What a browser sends when somebody opens a page. */
const NAVIGATION = { accept: "text/html,application/xhtml+xml", "sec-fetch-mode": "navigate" };

/** Whether strangers are kept out, and where they are led. */
export const signInChecks = (platform: Platform, web: Web): Check[] => [
  {
    title: "a stranger who opens the main page is led to the sign-in",
    run: async () => judgePage(await web.ask(platform.url, { headers: NAVIGATION }), platform.url),
  },
  ...DOORS.map((door) => ({
    title: `a stranger's request is refused: ${door} host`,
    run: async () => judgeStranger(await web.ask(doorUrl(door, platform)), door),
  })),
  {
    title: "the callback is answered by the sign-in",
    run: async () => judgeCallback(await web.ask(platform.callbackUrl, { headers: NAVIGATION }), platform.callbackUrl),
  },
  {
    title: "the provider is told the callback",
    run: async () => judgeStart(await web.ask(new URL("/oauth2/start", platform.callbackUrl)), platform),
  },
];

export function judgePage({ status, headers }: Pick<Answer, "status" | "headers">, url: URL): Verdict {
  const target = location(headers.location, url);
  if (status >= 300 && status < 400 && target !== undefined && target.host !== url.host)
    return ok(`It leads to ${target.host}.`);
  if (status < 300)
    return failed(
      `${url.host} shows its page without a sign-in (${status}): something leads past the edge, or its routes were changed.`,
    );
  return failed(`${url.host} answers ${status}, where a stranger should be led to the sign-in (302).`);
}

export const judgeStranger = ({ status }: Pick<Answer, "status">, door: string): Verdict =>
  status === 401
    ? ok("It is refused (401).")
    : failed(`The ${door} host answers ${status} to somebody who is not signed in; 401 belongs there.`);

/** The sign-in refuses a callback that nobody began, with a page of its own; others do not know the path at all. */
export function judgeCallback({ status, headers, text }: Answer, url: URL): Verdict {
  const isPage = headers["content-type"]?.startsWith("text/html") === true;
  if (status >= 400 && status !== 404 && isPage && /oauth2[ -]proxy|sign in|csrf/i.test(text))
    return ok(`${url.host} is the sign-in's.`);
  return failed(
    `${url.href} is not answered by oauth2-proxy (${status}): its host must lead to the edge, with the path as it is.`,
  );
}

export function judgeStart(
  { status, headers }: Pick<Answer, "status" | "headers">,
  { callbackUrl, clientId }: Pick<Platform, "callbackUrl" | "clientId">,
): Verdict {
  const target = location(headers.location, callbackUrl);
  if (status < 300 || status >= 400 || target === undefined)
    return failed(`${callbackUrl.host}/oauth2/start answers ${status} and does not lead to the provider.`);
  const told = target.searchParams.get("redirect_uri");
  if (told !== callbackUrl.href)
    return failed(`The provider is told the callback ${told}, which should be ${callbackUrl.href}.`);
  const client = target.searchParams.get("client_id");
  if (clientId !== undefined && client !== clientId)
    return failed(`The provider is told the client ${client}, and the stack says ${clientId}: \`make up\`.`);
  return ok(`${target.host} is told ${told}: the same must stand in its OAuth App.`);
}

const location = (text: string | undefined, base: URL): URL | undefined =>
  text !== undefined && URL.canParse(text, base.href) ? new URL(text, base) : undefined;
