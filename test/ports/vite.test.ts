import { cp, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect as expectPage } from "@playwright/test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, visit } from "../web/browser.ts";
import { BROWSER_ARGS, PortSession, opened } from "./port-session.ts";

const FIXTURE = fileURLToPath(new URL("vite-app", import.meta.url));
const VITE = join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin/vite.js");
const WAIT = { timeout: 60_000 };

let session: PortSession;
let app: string;
let port: number;

beforeAll(async () => {
  session = await PortSession.start();
  app = join(session.workspace, "vite-app");
  await cp(FIXTURE, app, { recursive: true });
  // As `npm run dev` does: no option, no configuration. Another Vite on this machine may have its usual port.
  await session.run({ command: [process.execPath, VITE], cwd: app });
  port = await session.firstPort();
});
afterAll(() => session?.[Symbol.asyncDispose]());

const greet = (text: string) =>
  writeFile(join(app, "greeting.js"), `export const GREETING = ${JSON.stringify(text)};\n`);

/** Vite's client tells its WebSocket's token to the pages that it serves. */
async function token(): Promise<string> {
  const { text } = await session.call(port, "/@vite/client");
  return /wsToken = "([^"]+)"/.exec(text)?.[1] ?? "none";
}

test("the page and its modules are served", async () => {
  const page = await session.call(port, "/", { headers: { accept: "text/html" } });
  expect([page.status, page.text]).toEqual([200, expect.stringContaining("/@vite/client")]);
  const main = await session.call(port, "/main.js");
  expect([main.status, main.headers["content-type"]]).toEqual([200, "text/javascript"]);
  const imported = /from "(\/greeting\.js[^"]*)"/.exec(main.text)?.[1] ?? "none";
  expect((await session.call(port, imported)).text).toContain("GREETING");
});

test("the client's WebSocket opens and tells of an edit", async () => {
  using hmr = opened(await session.socket(port, `/?token=${await token()}`, { protocols: ["vite-hmr"] }));
  expect(hmr.socket.protocol).toBe("vite-hmr");
  expect(JSON.parse(await hmr.first(() => true))).toEqual({ type: "connected" });
  await session.call(port, "/main.js");
  await session.call(port, "/greeting.js");
  await greet("Hello again");
  const update = await hmr.first((message) => JSON.parse(message).type === "update");
  expect(JSON.parse(update).updates).toMatchObject([{ type: "js-update", acceptedPath: "/greeting.js" }]);
});

test("Vite's own check of the token stays in force, and the router's of the origin", async () => {
  const wrong = await session.socket(port, "/?token=wrong", { protocols: ["vite-hmr"] });
  expect(wrong).toMatchObject({ status: 400 });
  const origin = session.origin(port + 1);
  const foreign = await session.socket(port, `/?token=${await token()}`, { protocols: ["vite-hmr"], origin });
  expect(foreign).toMatchObject({ status: 403 });
});

test("a browser shows an edit without loading the page again", async () => {
  await greet("Before the edit");
  await using browser = await launchBrowser(BROWSER_ARGS);
  await using at = await visit(browser, "about:blank");
  const { page } = at;
  // Vite tells of an edit to whoever is connected at that moment, and to nobody later.
  const connected = page.waitForEvent("console", {
    predicate: (message) => message.text().includes("[vite] connected"),
    ...WAIT,
  });
  await page.goto(session.origin(port));
  await connected;
  await expectPage(page.locator("h1")).toHaveText("Before the edit", WAIT);
  await page.evaluate("window.stillThere = true");
  await greet("After the edit");
  await expectPage(page.locator("h1")).toHaveText("After the edit", WAIT);
  expect(await page.evaluate("window.stillThere")).toBe(true);
  expect(at.faults).toEqual([]);
});
