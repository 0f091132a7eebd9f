import { ATTACH_PASSWORD_HEADER, RESERVED_HEADERS } from "../../contracts/names.ts";
import { failed, ok, type Check, type Verdict } from "./check.ts";
import { DOORS, doorUrl, type Door, type Platform } from "./platform.ts";
import type { Web } from "./web.ts";

const SOMEBODY = "doctor@opencode-router.invalid";

/** Everything with which a request could claim to be somebody, in both spellings that programs take for one. */
export const FORGED: Readonly<Record<string, string>> = Object.fromEntries(
  RESERVED_HEADERS.flatMap((name) => [
    [name, SOMEBODY],
    [name.replaceAll("-", "_"), SOMEBODY],
  ]),
);

/** Whether a claim to be somebody gets through any door. */
export const identityChecks = (platform: Platform, web: Web): Check[] =>
  DOORS.map((door) => ({
    title: `nobody is believed to be another: ${door} host`,
    run: async () => {
      const password = door === "attach" ? { [ATTACH_PASSWORD_HEADER]: "no password" } : {};
      const url = doorUrl(door, platform);
      return judgeForged(door, (await web.ask(url, { headers: { ...FORGED, ...password } })).status);
    },
  }));

/** The router says 401 to nobody, and 404 to somebody whose session it is not. */
export function judgeForged(door: Door, status: number): Verdict {
  if (status === 401) return ok("It is refused (401).");
  if (status < 400 || status === 403 || status === 404)
    return failed(
      `The ${door} host BELIEVES A FORGED IDENTITY (${status}): let nothing but the edge reach the router, and rotate secretEpoch.`,
    );
  return failed(`The ${door} host answers ${status} to a forged identity; 401 belongs there.`);
}
