import { expect as expectPage } from "@playwright/test";
import type { Browser, Page } from "@playwright/test";
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from "vitest";
import { problem } from "../../src/contracts/problem.ts";
import { buildUi, launchBrowser, visit } from "./browser.ts";
import type { BuiltUi } from "./browser.ts";
import { FakeApi, OWNER, aSession } from "./fake-api.ts";

const WAIT = { timeout: 15_000 };
const HASH = "0123456789ab";

let ui: BuiltUi;
let browser: Browser;
let api: FakeApi;

beforeAll(async () => {
  ui = await buildUi();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await ui?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  api = await FakeApi.start(ui.folder);
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const shows = (page: Page, text: string | RegExp) => expectPage(page.getByText(text).first()).toBeVisible(WAIT);

test("what is being chosen for a port survives what the session tells meanwhile", async () => {
  const vite = { port: 5173, process: "vite", url: "https://p.example.org/", level: "owner" as const };
  api.list([aSession({ ports: [vite] })]);
  api.answers.set(`GET /api/sessions/${HASH}/ports`, () => ({ status: 200, body: { ports: [vite], shares: [] } }));
  const detail = "64 ports of this session are shared. End one first.";
  api.answers.set(`PUT /api/sessions/${HASH}/ports/5173`, () => ({
    status: 429,
    body: problem("limit_reached", detail),
  }));
  await using at = await visit(browser, `${api.url}/sessions/${HASH}`);
  const { page } = at;
  const entry = page.getByRole("list", { name: "Ports of this session" }).locator("> li");
  await entry.locator("summary").click();
  await page.getByLabel("Who may use it").selectOption("Chosen people");
  await page.getByLabel("E-mail addresses").fill("bob@example.org");
  api.list([
    aSession({
      title: "Later",
      ports: [
        { ...vite, process: "node" },
        { ...vite, port: 3000 },
      ],
    }),
  ]);
  await expectPage(entry).toHaveCount(2, WAIT);
  await expectPage(entry.last()).toContainText("node", WAIT);
  await expectPage(page.getByLabel("E-mail addresses")).toHaveValue("bob@example.org");
  await button(page, "Save").click();
  await shows(page, detail);
  await expectPage(page.getByLabel("E-mail addresses")).toHaveValue("bob@example.org");

  await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
  await button(page, "Copy the link of port 5173").click();
  await shows(page, "The browser did not allow copying. Copy the link from here: https://p.example.org/");
  expect(at.faults).toEqual([]);
});

test("the audit record is read page by page", async () => {
  const line = (id: number) => ({
    id: String(id),
    at: "2026-01-01T00:00:00Z",
    actor: OWNER,
    action: "secret.set",
    subject: `S${id}`,
  });
  api.answers.set("GET /api/admin/sessions", () => ({ status: 200, body: { sessions: [] } }));
  api.answers.set("GET /api/admin/audit", (query) => ({
    status: 200,
    body: query.get("before") === "a" ? { entries: [line(1)], next: null } : { entries: [line(3), line(2)], next: "a" },
  }));
  await using at = await visit(browser, `${api.url}/admin`);
  const lines = at.page.getByRole("list", { name: "Audit record" }).getByRole("listitem");
  await expectPage(lines).toHaveCount(2, WAIT);
  await button(at.page, "Older").click();
  await expectPage(lines).toContainText(["set secret S3", "set secret S2", "set secret S1"], WAIT);
  await expectPage(button(at.page, "Older")).toHaveCount(0);
  await shows(at.page, "There is nothing older.");
  await expectPage(at.page.getByRole("heading", { name: "Audit record" })).toBeFocused();
  expect(at.faults).toEqual([]);
});

/** The longest that there can be of everything. */
function fillUp(): void {
  const at = "2026-01-01T00:00:00Z";
  const port = { port: 65535, process: "p".repeat(60), url: "https://p.example.org/", level: "authenticated" as const };
  const branch = "a-branch-with-a-name-that-is-much-too-long-for-the-screen-of-a-phone";
  api.list([aSession({ title: "Word".repeat(40), branch, ports: [port] })]);
  const scopes = ["read", "sessions", "turns", "admin"];
  const token = { id: "1", name: "t".repeat(100), scopes, createdAt: at, expiresAt: null, lastUsedAt: null };
  const secret = { name: "S".repeat(128), updatedAt: at };
  const entry = { id: "1", at, actor: OWNER, action: "secret.set", subject: secret.name, detail: "d".repeat(100) };
  const somebodys = aSession({ owner: `${"o".repeat(200)}@example.org` });
  for (const [name, body] of Object.entries({
    me: { email: OWNER, name: null, admin: true },
    [`sessions/${HASH}/ports`]: { shares: [{ ...port, port: 8080, people: [], expiresAt: null }] },
    "user/secrets": { secrets: [secret] },
    "user/tokens": { tokens: [token] },
    "admin/sessions": { sessions: [somebodys] },
    "admin/audit": { entries: [entry], next: "a" },
  }))
    api.answers.set(`GET /api/${name}`, () => ({ status: 200, body }));
}

test("nothing is cut off on a phone", async () => {
  fillUp();
  for (const [path, awaited] of [
    ["/", /^(Word)+$/],
    ["/new", "New session"],
    [`/sessions/${HASH}`, "Nothing listens here now"],
    ["/sessions/ffffffffffff", "No such session"],
    ["/settings", /^t+$/],
    ["/admin", /^d+$/],
    ["/nowhere", "There is nothing at this address"],
  ] as const) {
    await using at = await visit(browser, `${api.url}${path}`, { viewport: { width: 360, height: 740 } });
    await shows(at.page, awaited);
    for (const summary of await at.page.locator("summary").all()) await summary.click();
    await expect.poll(() => at.page.evaluate("document.documentElement.scrollWidth"), WAIT).toBe(360);
    expect(at.faults).toEqual([]);
  }
});
