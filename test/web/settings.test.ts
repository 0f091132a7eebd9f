import { expect as expectOf } from "@playwright/test";
import type { Browser, Page } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import type { Token } from "../../src/contracts/token.ts";
import { call } from "../harness/http.ts";
import { startRouter, type TestRouter } from "../harness/router.ts";
import { launchBrowser, visit } from "./browser.ts";

const expectPage = expectOf.configure({ timeout: 30_000 });
const ALICE = "alice@example.org";
const ADMIN = "root@example.org";

let router: TestRouter;
let browser: Browser;

beforeAll(async () => {
  router = await startRouter({ auth: "proxy", env: { ADMIN_EMAILS: ADMIN } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await router?.[Symbol.asyncDispose]();
});

/** A page as somebody who came through the sign-in proxy sees it. */
const visitAs = (email: string, path: string) =>
  visit(browser, `http://${router.mainHost()}${path}`, { extraHTTPHeaders: router.identity(email) });

const withToken = async (token: string): Promise<number> => {
  const { "x-auth-request-email": _person, ...edge } = router.identity(ALICE);
  const headers = { ...edge, host: router.mainHost(), authorization: `Bearer ${token}` };
  return (await call(router.ports.public, "/api/sessions", { headers })).status;
};

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const section = (page: Page, heading: string) => page.getByRole("region", { name: heading });
const says = (page: Page, text: string | RegExp) => expectPage(page.getByText(text)).toBeVisible();

test("a token is made, used, shown once and revoked", async () => {
  await using at = await visitAs(ALICE, "/");
  const { page } = at;
  await page.getByRole("link", { name: "Settings" }).click();
  await expectPage(page.getByRole("heading", { level: 1 })).toBeFocused();
  const tokens = section(page, "Access tokens");
  await expectPage(tokens.getByText("You have no access tokens.")).toBeVisible();
  await expectPage(tokens.getByRole("checkbox", { name: /^Admin/ })).toHaveCount(0);

  await button(page, "Make token").click();
  await says(page, /^Enter a name/);
  await expectPage(tokens.getByLabel("Name", { exact: true })).toBeFocused();
  await tokens.getByLabel("Name", { exact: true }).fill("laptop");
  await tokens.getByRole("checkbox", { name: /^Read/ }).uncheck();
  await button(page, "Make token").click();
  await says(page, /^Choose at least one thing/);
  await tokens.getByRole("checkbox", { name: /^Read/ }).check();
  await tokens.getByLabel("Expires after").selectOption("7 days");
  await button(page, "Make token").click();
  await expectPage(tokens.getByLabel("Access token", { exact: true })).toBeFocused();
  const token = await tokens.getByLabel("Access token", { exact: true }).inputValue();
  expect(await withToken(token)).toBe(200);

  const listed = (await router.api("GET", "/api/user/tokens", { as: ALICE })).json<{ tokens: Token[] }>().tokens;
  expect(listed.map(({ name, scopes }) => ({ name, scopes }))).toEqual([{ name: "laptop", scopes: ["read"] }]);
  await button(page, "Done").click();
  await expectPage(tokens.getByRole("heading")).toBeFocused();
  await expectPage(tokens.getByLabel("Access token", { exact: true })).toHaveCount(0);
  await page.reload();
  await expectPage(tokens.getByText(/^Last used/)).toBeVisible();
  await expectPage(tokens.getByText(/^Expires in [67] days$/)).toBeVisible();
  await expectPage(tokens.getByLabel("Access token", { exact: true })).toHaveCount(0);
  expect(await page.content()).not.toContain(token.slice(4));

  await button(page, "Revoke laptop").click();
  await page.keyboard.press("Escape");
  await expectPage(button(page, "Revoke laptop")).toBeFocused();
  expect(await withToken(token)).toBe(200);
  await button(page, "Revoke laptop").click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await says(page, "laptop is revoked.");
  expect(await withToken(token)).toBe(401);
  await expectPage(tokens.getByText("You have no access tokens.")).toBeVisible();
  await page.goBack();
  await expectPage(page).toHaveURL(`http://${router.mainHost()}/`);
  expect(at.faults).toEqual([]);
});

test("a secret is set, replaced and removed, and its value is never seen again", async () => {
  await using at = await visitAs(ALICE, "/settings");
  const { page } = at;
  const secrets = section(page, "Secrets");
  const value = "-----BEGIN-----\nfirst value\n-----END-----\n";
  await secrets.getByLabel("Name", { exact: true }).fill("npm-token");
  await secrets.getByLabel("Value", { exact: true }).fill(value);
  await button(page, "Save secret").click();
  await says(page, /has capital letters, digits and underscores only/);
  await expectPage(secrets.getByLabel("Value", { exact: true })).toHaveValue(value);
  await secrets.getByLabel("Name", { exact: true }).fill("NPM_TOKEN");
  await button(page, "Save secret").click();
  await says(page, "NPM_TOKEN is set. Sessions get it at their next start.");
  await expectPage(secrets.getByRole("listitem")).toHaveCount(1);
  await expectPage(secrets.getByRole("listitem")).toContainText("NPM_TOKEN");
  await expectPage(secrets.getByLabel("Value", { exact: true })).toHaveValue("");
  await page.reload();
  await expectPage(secrets.getByRole("listitem")).toContainText("NPM_TOKEN");
  expect(await page.content()).not.toContain("first value");
  expect(router.output).not.toContain("first value");

  await button(page, "Replace the value of NPM_TOKEN").click();
  await expectPage(secrets.getByLabel("Value", { exact: true })).toBeFocused();
  await page.keyboard.type("second");
  await button(page, "Save secret").click();
  await says(page, "NPM_TOKEN is set. Sessions get it at their next start.");
  await button(page, "Remove NPM_TOKEN").click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await says(page, "NPM_TOKEN is removed.");
  await says(page, "You have no secrets.");
  await expectPage(secrets.getByRole("heading")).toBeFocused();
  expect(at.faults).toEqual([]);
});

test("an administrator sees everybody's sessions and ends them, and reads who did what", async () => {
  const { hash } = (await router.api("POST", "/api/sessions", { as: ALICE, body: {} })).json<Session>();
  await router.waitFor(hash, "running");
  await using at = await visitAs(ADMIN, "/");
  const { page } = at;
  await page.getByRole("link", { name: "Admin" }).click();
  const one = page.getByRole("list", { name: "Everybody's sessions" }).getByRole("listitem");
  await expectPage(one).toContainText(ALICE);
  await expectPage(one.getByRole("button")).toHaveText(["Stop", "Delete"]);
  await one.getByRole("button", { name: "Stop" }).click();
  await expectPage(one).toContainText("Stopped");
  await expectPage(page.getByRole("list", { name: "Audit record" })).toContainText(`${ALICE} created session ${hash}`);
  await one.getByRole("button", { name: "Delete" }).click();
  await button(page, "Delete session").click();
  await says(page, "Nobody has a session.");
  await router.waitFor(hash, "gone");
  await page.reload();
  await expectPage(page.getByRole("list", { name: "Audit record" })).toContainText(`${ADMIN} deleted session`);
  expect(at.faults).toEqual([]);

  await using alice = await visitAs(ALICE, "/admin");
  await expectPage(alice.page.getByText(/administrator/i).first()).toBeVisible();
  await expectPage(alice.page.getByRole("link", { name: "Admin" })).toHaveCount(0);
  await expectPage(alice.page.getByText("created session")).toHaveCount(0);
});
