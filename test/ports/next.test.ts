import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect as expectPage } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../harness/router.ts";
import { launchBrowser, visit } from "../web/browser.ts";
import { INSTALL_LIMIT_MS, installNext } from "./install-next.ts";
import { BROWSER_ARGS, PortSession, opened } from "./port-session.ts";

const WAIT = { timeout: 60_000 };

let session: PortSession;
let app: string;
let port: number;

beforeAll(async () => {
  app = await installNext();
  session = await PortSession.start();
  [port = 0] = await freePorts(1);
  const env = { PORT: String(port), NEXT_TELEMETRY_DISABLED: "1" };
  await session.run({ command: [process.execPath, "node_modules/next/dist/bin/next", "dev"], cwd: app, env });
  await session.answering(port);
}, INSTALL_LIMIT_MS + 120_000);
afterAll(() => session?.[Symbol.asyncDispose]());

const greet = (text: string) =>
  writeFile(join(app, "app/greeting.js"), `export const GREETING = ${JSON.stringify(text)};\n`);

const chunksOf = (html: string) =>
  [...html.matchAll(/<script[^>]* src="(\/_next\/[^"]+)"/g)].map(([, path = ""]) => path);

test("the page and all of its chunks are served", async () => {
  await greet("Hello from Next");
  const page = await session.call(port, "/", { headers: { accept: "text/html" } });
  expect([page.status, page.text]).toEqual([200, expect.stringContaining("Hello from Next")]);
  const chunks = chunksOf(page.text);
  expect(chunks.length).toBeGreaterThan(2);
  for (const path of chunks) expect([path, (await session.call(port, path)).status]).toEqual([path, 200]);
});

test("the client's WebSocket opens", async () => {
  using hmr = opened(await session.socket(port, "/_next/hmr?id=test"));
  await hmr.first((message) => message.includes("turbopack-connected"));
});

test("what only Next's own pages may ask for is answered to them, and to no other", async () => {
  const ask = async (origin: string) => {
    const headers = { origin, "content-type": "application/json" };
    const body = JSON.stringify({ frames: [], isServer: true, isEdgeServer: false, isAppDirectory: true });
    return (await session.call(port, "/__nextjs_original-stack-frames", { method: "POST", headers, body })).status;
  };
  expect(await ask(session.origin(port))).toBe(200);
  expect(await ask(session.origin(port + 1))).toBe(403);
  expect(await session.socket(port, "/_next/hmr?id=x", { origin: "http://evil.test" })).toMatchObject({ status: 403 });
});

test("a browser runs the page, its server action, and shows an edit without loading the page again", async () => {
  await greet("Before the edit");
  await using browser = await launchBrowser(BROWSER_ARGS);
  await using at = await visit(browser, session.origin(port));
  const { page } = at;
  await expectPage(page.locator("h1")).toHaveText("Before the edit", WAIT);
  await page.getByRole("button", { name: "clicked 0" }).click();
  await expectPage(page.getByRole("button", { name: "clicked 1" })).toBeVisible(WAIT);
  await page.getByRole("button", { name: "Where am I?" }).click();
  await expectPage(page.locator("output")).toHaveText(session.origin(port), WAIT);
  await page.evaluate("window.stillThere = true");
  await greet("After the edit");
  await expectPage(page.locator("h1")).toHaveText("After the edit", WAIT);
  expect(await page.evaluate("window.stillThere")).toBe(true);
  expect(at.faults).toEqual([]);
});
