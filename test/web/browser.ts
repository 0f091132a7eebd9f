import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "@playwright/test";
import type { Browser, BrowserContextOptions, Page } from "@playwright/test";

const BUILD_MS = 100_000;
const WAIT_MS = 15_000;

/** The system's Chromium (Debian's package `chromium`), which asks nobody for updates. */
export const launchBrowser = (args: readonly string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", ...args],
  });

export interface BuiltUi extends AsyncDisposable {
  readonly folder: string;
}

/** Builds the UI from the sources into a folder of its own, so that no older build is tested. */
export async function buildUi(): Promise<BuiltUi> {
  const folder = await mkdtemp(join(tmpdir(), "ui-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const vite = ["vite", "build", "-c", "src/web/vite.config.ts", "--outDir", folder, "--logLevel", "error"];
  try {
    await promisify(execFile)("npx", vite, { timeout: BUILD_MS });
  } catch (cause) {
    await remove();
    throw cause;
  }
  return { folder, [Symbol.asyncDispose]: remove };
}

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** Exceptions and refusals of the content security policy: there should be none. */
  readonly faults: string[];
}

export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  // A refusal that the page itself catches appears nowhere else.
  await page.exposeFunction("reportFault", (fault: string) => faults.push(fault));
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', (e) => reportFault(`${e.violatedDirective} refused ${e.blockedURI}`))",
  );
  await page.goto(url);
  return { page, faults, [Symbol.asyncDispose]: () => context.close() };
}
