import { execFile } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const FIXTURE = fileURLToPath(new URL("next-app", import.meta.url));
/** Kept from one run to the next, and not in git: Next is 340 MB. */
const INSTALLED = fileURLToPath(new URL("../../.cache/next-app", import.meta.url));

export const INSTALL_LIMIT_MS = 300_000;

/** A default Next project, fresh from the fixture, with its packages. @returns its folder */
export async function installNext(): Promise<string> {
  await mkdir(INSTALLED, { recursive: true });
  await cp(FIXTURE, INSTALLED, { recursive: true });
  // What is there already costs a second; the lock file names exactly what is tested.
  const npm = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  const omitHosts = "--omit-lockfile-registry-resolved";
  try {
    await promisify(execFile)("npm", [...npm, omitHosts], { cwd: INSTALLED, timeout: INSTALL_LIMIT_MS });
  } catch (cause) {
    throw new Error(`Next cannot be installed into ${INSTALLED}: nothing is known of Next projects in a session.`, {
      cause,
    });
  }
  return INSTALLED;
}
