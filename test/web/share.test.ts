import { expect as expectOf } from "@playwright/test";
import type { Browser, Page } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { startEcho } from "../harness/in-session.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";
import { launchBrowser, visit } from "./browser.ts";

const expectPage = expectOf.configure({ timeout: 30_000 });
const HOUR_MS = 3_600_000;
let router: TestRouter;
let browser: Browser;
let hash: string;
let port: number;

beforeAll(async () => {
  router = await startRouter();
  browser = await launchBrowser();
  hash = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>().hash;
  await router.waitFor(hash, "running");
  port = await startEcho(router, hash);
});
afterAll(async () => {
  await browser?.close();
  await router?.[Symbol.asyncDispose]();
});

const entry = (page: Page) => page.getByRole("list", { name: "Ports of this session" }).locator("> li");
const shares = async () =>
  (await router.api("GET", `/api/sessions/${hash}/ports`)).json<{
    shares: { level: string; expiresAt: string | null }[];
  }>().shares;

test("a port is shared from the session's page, and every page sees it at once", async () => {
  const home = `http://${router.mainHost()}`;
  await using at = await visit(browser, `${home}/sessions/${hash}`, {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await using list = await visit(browser, home);
  const { page } = at;
  const chip = list.page.getByRole("list", { name: "Ports", exact: true }).getByRole("link");
  await expectPage(chip).toHaveAttribute("aria-label", new RegExp(`^Port ${port}, .*, open to: Only me$`));
  const level = entry(page).locator(".tag");
  await expectPage(level).toHaveText("Only me");
  await expectPage(entry(page).getByRole("link")).toHaveAttribute("href", `http://${router.portHost(hash, port)}/`);
  await page.getByRole("button", { name: `Copy the link of port ${port}` }).click();
  await expectPage(page.getByText("Link copied.")).toBeVisible();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(`http://${router.portHost(hash, port)}/`);

  await page.getByText("Share", { exact: true }).press("Enter");
  const who = page.getByLabel("Who may use it");
  await expectPage(who).toHaveValue("owner");
  await who.selectOption("Everybody");
  await expectPage(page.getByText(/^Anybody on the internet with the link/)).toBeVisible();
  await page.getByLabel("How long").selectOption("1 hour");
  await page.getByRole("button", { name: "Save" }).click();
  await expectPage(page.getByText(`Saved. Port ${port} is open to: Everybody.`)).toBeVisible();
  await expectPage(level).toHaveText("Everybody");
  await expectPage(chip).toContainText("Everybody");
  const [shared] = await shares();
  expect(shared?.level).toBe("public");
  expect(Date.parse(shared?.expiresAt ?? "") - Date.now()).toBeGreaterThan(HOUR_MS / 2);
  expect(Date.parse(shared?.expiresAt ?? "") - Date.now()).toBeLessThanOrEqual(HOUR_MS);

  await who.selectOption("Chosen people");
  await page.getByRole("button", { name: "Save" }).click();
  await expectPage(page.getByText("Enter at least one e-mail address.")).toBeVisible();
  await expectPage(page.getByLabel("E-mail addresses")).toBeFocused();
  await page.getByLabel("E-mail addresses").fill("bob@example.org, nobody");
  await page.getByRole("button", { name: "Save" }).click();
  await expectPage(page.getByText('"nobody" is not an e-mail address.')).toBeVisible();
  await page.getByLabel("E-mail addresses").fill("bob@example.org,\neve@example.org");
  await page.getByRole("button", { name: "Save" }).click();
  await expectPage(chip).toContainText("Chosen people");
  // The end that it had is kept.
  expect(await shares()).toEqual([
    expect.objectContaining({ people: ["bob@example.org", "eve@example.org"], expiresAt: shared?.expiresAt }),
  ]);

  await page.getByRole("button", { name: "Stop sharing" }).click();
  await expectPage(chip).not.toContainText("Chosen people");
  await expectPage(level).toHaveText("Only me");
  await expectPage(who).toBeFocused();
  expect(await shares()).toEqual([]);
  expect([...at.faults, ...list.faults]).toEqual([]);
});

test("an answer about the session that comes after the list does not keep later news away", async () => {
  await using at = await visit(browser, `http://${router.mainHost()}`);
  const { page } = at;
  let release = () => {};
  const listed = new Promise<void>((resolve) => (release = resolve));
  await page.route(`**/api/sessions/${hash}`, async (route) => {
    const response = await route.fetch();
    await listed;
    await route.fulfill({ response });
  });
  const answered = page.waitForEvent("requestfinished", (request) => request.url().endsWith(`/api/sessions/${hash}`));
  await page.goto(`http://${router.mainHost()}/sessions/${hash}`);
  await expectPage(entry(page)).toContainText("Only me");
  release();
  await answered;
  for (const [level, text] of [
    ["public", "Everybody"],
    ["owner", "Only me"],
  ] as const) {
    await router.api("PUT", `/api/sessions/${hash}/ports/${port}`, { body: { level } });
    await expectPage(entry(page).locator(".tag")).toHaveText(text);
  }
  expect(at.faults).toEqual([]);
});

test("what is shared is seen, and taken back, also while nothing listens", async () => {
  const body = { level: "authenticated" };
  await router.api("PUT", `/api/sessions/${hash}/ports/${port}`, { body });
  await using at = await visit(browser, `http://${router.mainHost()}/sessions/${hash}`);
  const { page } = at;
  await expectPage(entry(page)).toContainText("Everybody signed in");
  await expectPage(entry(page)).not.toContainText("Nothing listens here now");
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await expectPage(page.getByText("The session is stopped.")).toBeVisible();
  await expectPage(entry(page)).toContainText("Nothing listens here now");
  await page.getByText("Share", { exact: true }).click();
  await page.getByRole("button", { name: "Stop sharing" }).click();
  await expectPage(entry(page)).toHaveCount(0);
  await expectPage(page.getByRole("heading", { level: 1 })).toBeFocused();
  expect(await shares()).toEqual([]);
  expect(at.faults).toEqual([]);
});
