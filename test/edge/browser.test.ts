import { expect as expectPage, type Browser, type BrowserContext, type Page } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../web/browser.ts";
import { COOKIE, DOMAIN } from "./harness/edge.ts";
import { EdgePlace } from "./harness/place.ts";

const WAIT = { timeout: 60_000 };

let place: EdgePlace;
let browser: Browser;
beforeAll(async () => {
  place = await EdgePlace.start();
  await place.startSession();
  const args = [`--host-resolver-rules=MAP ${DOMAIN} 127.0.0.1, MAP *.${DOMAIN} 127.0.0.1`, "--no-proxy-server"];
  browser = await launchBrowser(args);
});
afterAll(async () => {
  await browser?.close();
  await place?.[Symbol.asyncDispose]();
});

async function signIn(page: Page, name: string): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();
}

const signInCookies = async (context: BrowserContext): Promise<string[]> =>
  (await context.cookies()).map(({ name }) => name).filter((name) => name.startsWith(COOKIE) && !name.includes("csrf"));

test("a person signs in where they wanted to go, works there, and signs out", async () => {
  const { edge, hash } = place;
  await using context = await browser.newContext();
  const page = await context.newPage();
  const wanted = edge.url("", `/sessions/${hash}?x=1`);
  await page.goto(wanted);
  expect(new URL(page.url()).port).toBe(String(edge.ports.provider));
  await signIn(page, "alice");
  await expectPage(page).toHaveURL(wanted, WAIT);
  await expectPage(page.locator(".email")).toHaveText("alice@example.org", WAIT);

  // The session's own host knows them already, and opencode's page gets its events there.
  await page.getByRole("link", { name: "Open session" }).click();
  await page.waitForURL(new RegExp(`^http://${hash}-oc\\.`), WAIT);
  await expectPage(page.locator("#root")).not.toBeEmpty(WAIT);
  await page.goto(edge.url(place.portHost(place.dev), "/"));
  await expectPage(page.locator("body")).toHaveText("node on 127.0.0.1");

  // A cookie that has run out: the sign-in is asked again, and the provider still knows who it is.
  for (const name of await signInCookies(context)) await context.clearCookies({ name });
  await page.goto(wanted);
  await expectPage(page).toHaveURL(wanted, WAIT);
  expect(await signInCookies(context)).not.toEqual([]);

  await page.goto(edge.url("oauth", `/oauth2/sign_out?rd=${encodeURIComponent("https://evil.test/")}`));
  expect(await signInCookies(context)).toEqual([]);
});

test("two tabs may sign in at once, and each lands where it started", async () => {
  const { edge, hash } = place;
  await using context = await browser.newContext();
  const wanted = [edge.url("", `/sessions/${hash}`), edge.url(place.portHost(place.dev), "/second?y=2")] as const;
  await place.share(place.dev, "authenticated");
  try {
    const pages = await Promise.all(wanted.map(() => context.newPage()));
    await Promise.all(pages.map((page, i) => page.goto(wanted[i] ?? "")));
    // The provider asks one after the other, since each has a sign-in of its own under way.
    for (const [i, page] of pages.entries()) {
      await signIn(page, "bob");
      await expectPage(page).toHaveURL(wanted[i] ?? "", WAIT);
    }
  } finally {
    await place.share(place.dev, "owner");
  }
});

test("whoever is not on the list is told so, and gets no cookie", async () => {
  await using context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(place.edge.url("", "/"));
  await signIn(page, "mallory");
  await expectPage(page.getByText(/forbidden|403/i).first()).toBeVisible(WAIT);
  expect(await signInCookies(context)).toEqual([]);
});
