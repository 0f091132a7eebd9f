import { expect as expectPage } from "@playwright/test";
import { expect, test } from "vitest";
import { startRouter } from "../harness/router.ts";
import { launchBrowser, visit } from "./browser.ts";

const WAIT = { timeout: 60_000 };

test("a person creates a blank project, works in opencode, stops it, resumes it and deletes it", async () => {
  await using router = await startRouter();
  await using browser = await launchBrowser();
  await using at = await visit(browser, `http://${router.mainHost()}`);
  const { page } = at;
  await page.getByRole("link", { name: "Start your first session" }).click();
  await page.getByText("A blank project").click();
  await page.getByRole("button", { name: "Create session" }).click();
  await page.waitForURL(/-oc\.localhost/, WAIT);
  const hash = /([0-9a-f]{12})-oc\./.exec(page.url())?.[1] ?? "";
  // opencode's page writes its address anew; the conversation in it stays.
  const conversation = /ses_\w+/.exec(page.url())?.[0] ?? "none";
  await expectPage(page.locator("#root")).not.toBeEmpty(WAIT);

  await page.goBack();
  await expectPage(page).toHaveURL(`http://${router.mainHost()}/sessions/${hash}`, WAIT);
  await expectPage(page.getByRole("link", { name: "Open session" })).toHaveAttribute(
    "href",
    new RegExp(conversation),
    WAIT,
  );
  await page.getByRole("button", { name: "Stop" }).click();
  await expectPage(page.getByText("The session is stopped.")).toBeVisible(WAIT);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.waitForURL(/-oc\.localhost/, WAIT);
  expect(page.url()).toContain(conversation);

  await page.goto(`http://${router.mainHost()}`);
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete session" }).click();
  await expectPage(page.getByText("Nothing here yet")).toBeVisible(WAIT);
});
