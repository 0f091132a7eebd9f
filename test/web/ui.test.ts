import { expect as expectPage } from "@playwright/test";
import type { Browser, Page } from "@playwright/test";
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from "vitest";
import { problem } from "../../src/contracts/problem.ts";
import { buildUi, launchBrowser, visit } from "./browser.ts";
import type { BuiltUi } from "./browser.ts";
import { FakeApi, OWNER, aSession } from "./fake-api.ts";

const WAIT = { timeout: 15_000 };
const LIST = "/api/sessions/stream";
const HASH = "0123456789ab";
const EVENTS = `/api/sessions/${HASH}/events`;

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

const row = (page: Page) => page.getByRole("list", { name: "Your sessions" }).locator("> li");
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const shows = (page: Page, text: string | RegExp) => expectPage(page.getByText(text).first()).toBeVisible(WAIT);

test("the list follows the server, through lost and refused streams", async () => {
  await using at = await visit(browser, api.url);
  await shows(at.page, "Nothing here yet");
  api.list([aSession({ state: "starting", url: null, progress: "cloning" })]);
  await shows(at.page, "Cloning the repository…");
  await expectPage(at.page.getByRole("link", { name: /^Open/ })).toHaveCount(0);

  api.refusesStreams = true;
  api.dropStreams();
  await shows(at.page, "Reconnecting…");
  api.refusesStreams = false;
  api.list([aSession({ title: "Fix the <b>total</b>" })]);
  await shows(at.page, "Fix the <b>total</b>");
  await expectPage(at.page.getByText("Reconnecting…")).toHaveCount(0, WAIT);
  const open = at.page.getByRole("link", { name: "Open Fix the <b>total</b> in a new tab" });
  await expectPage(open).toHaveAttribute("href", "https://session.example.org/");
  await expectPage(open).toHaveAttribute("target", "_blank");
  expect(at.faults).toEqual([]);
});

test("a malformed list is told and the last good one stays", async () => {
  api.list([aSession({ title: "Good" })]);
  await using at = await visit(browser, api.url);
  await shows(at.page, "Good");
  api.send(LIST, "sessions", '{"email": 7}');
  await shows(at.page, /does not understand the server/);
  api.send(LIST, "sessions", "not json");
  await shows(at.page, "Good");
  expect(at.faults).toEqual([]);
});

test("a session is created once, its refusal loses nothing, and it opens when it is ready, once", async () => {
  const ready = `${api.url}/opened`;
  const bodies: unknown[] = [];
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  api.answers.set("GET /api/sessions/suggest-branch", async (query) => {
    const slow = query.get("repoUrl") === "https://git.example.org/a";
    if (slow) await held;
    return { status: 200, body: { branch: slow ? "too-late" : "calm-fox" } };
  });
  api.answers.set("POST /api/sessions", (_query, body) => {
    bodies.push(body);
    if (bodies.length === 1) return { status: 422, body: problem("branch_missing", "There is no branch named trunk.") };
    const created = aSession({ state: "starting", url: null, progress: "queued" });
    api.list([created]);
    return { status: 201, body: created };
  });
  await using at = await visit(browser, `${api.url}/new`);
  const { page } = at;
  const repository = page.getByLabel("Repository URL");
  await repository.fill("https://git.example.org/a");
  await expect.poll(() => api.requests.filter((name) => name.includes("suggest")).length, WAIT).toBe(1);
  await repository.fill("https://git.example.org/acme/shop");
  await expectPage(page.getByLabel("Branch", { exact: true })).toHaveValue("calm-fox", WAIT);
  release();
  await page.getByLabel("Source branch").fill("trunk");
  await page.getByLabel("First message").fill("Do it.\nWell.");
  await button(page, "Create session").click();
  await shows(page, "There is no branch named trunk.");
  await expectPage(page.getByLabel("First message")).toHaveValue("Do it.\nWell.");
  await expectPage(page.getByLabel("Branch", { exact: true })).toHaveValue("calm-fox");

  await page.getByLabel("Source branch").fill("main");
  await button(page, "Create session").dblclick();
  await page.waitForURL(`**/sessions/${HASH}`);
  expect(bodies.slice(1)).toEqual([
    {
      repoUrl: "https://git.example.org/acme/shop",
      sourceBranch: "main",
      branch: "calm-fox",
      initialMessage: "Do it.\nWell.",
    },
  ]);
  await expect.poll(() => api.connected(EVENTS), WAIT).toBe(1);
  api.send(EVENTS, "progress", { stage: "cloning", message: "" });
  await expectPage(page.locator("[aria-current=step]")).toContainText("Cloning the repository", WAIT);
  api.list([aSession({ url: ready })]);
  api.send(EVENTS, "complete", { url: ready });
  await page.waitForURL(ready);
  await page.goBack();
  await expectPage(page.getByRole("link", { name: "Open session" })).toHaveAttribute("href", ready, WAIT);
  await page.reload();
  await expectPage(page.getByRole("link", { name: "Open session" })).toHaveAttribute("href", ready, WAIT);
  expect(page.url()).toBe(`${api.url}/sessions/${HASH}`);
  expect(at.faults).toEqual([]);
});

test("a start that fails tells why and is tried again", async () => {
  api.list([aSession({ state: "starting", url: null })]);
  await using at = await visit(browser, `${api.url}/sessions/${HASH}`);
  await expect.poll(() => api.connected(EVENTS), WAIT).toBe(1);
  api.list([aSession({ state: "failed", url: null, reason: "clone_failed", message: "The disk is full." })]);
  api.send(EVENTS, "error", { code: "clone_failed", message: "The disk is full." });
  await shows(at.page, "The disk is full.");
  await expect.poll(() => api.connected(EVENTS), WAIT).toBe(0);

  api.answers.set(`POST /api/sessions/${HASH}/resume`, () => {
    const starting = aSession({ state: "starting", url: null, progress: "booting" });
    api.list([starting]);
    return { status: 202, body: starting };
  });
  await button(at.page, "Try again").click();
  await expectPage(at.page.locator("[aria-current=step]")).toContainText("Starting opencode", WAIT);
  expect(at.faults).toEqual([]);
});

test("a running session shows its title and its messages as they come", async () => {
  const stream = `/api/sessions/${HASH}/progress/stream`;
  const message = (id: string, words: string) => ({ id, role: "assistant", text: words, at: "2026-01-01T00:00:00Z" });
  api.list([aSession()]);
  api.greet(stream, "snapshot", { title: "Round the totals", messages: [message("1", "Looking.")] });
  await using at = await visit(browser, `${api.url}/sessions/${HASH}`);
  await expectPage(at.page.getByRole("heading", { name: "Round the totals" })).toBeVisible(WAIT);
  await shows(at.page, "Looking.");
  api.send(stream, "message", message("2", "Found <it>."));
  await shows(at.page, "Found <it>.");
  api.list([]);
  await shows(at.page, "No such session");
});

test("delete asks first, and says what went wrong", async () => {
  api.list([aSession({ title: "Old work", state: "stopped", url: null })]);
  api.answers.set(`DELETE /api/sessions/${HASH}`, () => ({
    status: 503,
    body: problem("unavailable", "The volume is still in use. Try again in a minute."),
  }));
  await using at = await visit(browser, api.url);
  await button(at.page, "Delete").click();
  await expectPage(at.page.getByRole("dialog")).toContainText("uncommitted and unpushed work");
  await expectPage(button(at.page, "Cancel")).toBeFocused();
  await at.page.keyboard.press("Escape");
  await expectPage(at.page.getByRole("dialog")).toHaveCount(0);
  expect(api.requests.filter((name) => name.startsWith("DELETE"))).toEqual([]);

  await button(at.page, "Delete").click();
  await button(at.page, "Delete session").click();
  await shows(at.page, "The volume is still in use. Try again in a minute.");
  api.answers.set(`DELETE /api/sessions/${HASH}`, () => {
    api.list([]);
    return { status: 204 };
  });
  await button(at.page, "Delete").click();
  await button(at.page, "Delete session").click();
  await expectPage(row(at.page)).toHaveCount(0, WAIT);
  expect(at.faults).toEqual([]);
});

test("the attach command goes to the clipboard, or into a field where there is none", async () => {
  const command = "opencode attach https://attach.example.org --password secret -s ses_1";
  api.list([aSession()]);
  api.answers.set(`GET /api/sessions/${HASH}/attach-info`, () => ({ status: 200, body: { command } }));
  await using at = await visit(browser, api.url, { permissions: ["clipboard-read", "clipboard-write"] });
  await button(at.page, "Copy attach command").click();
  await shows(at.page, /^Attach command copied/);
  expect(await at.page.evaluate("navigator.clipboard.readText()")).toBe(command);

  await at.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
  await button(at.page, "Copy attach command").click();
  await expectPage(at.page.getByLabel("Attach command", { exact: true })).toHaveValue(command, WAIT);
  await expectPage(at.page.getByLabel("Attach command", { exact: true })).toBeFocused();
});

test("the form starts from the usual repository", async () => {
  const me = { email: OWNER, name: null, admin: false, limits: {}, defaultGitRepo: "https://git.example.org/usual" };
  api.answers.set("GET /api/me", () => ({ status: 200, body: me }));
  api.answers.set("GET /api/sessions/suggest-branch", () => ({ status: 200, body: { branch: "calm-fox" } }));
  await using at = await visit(browser, `${api.url}/new`);
  await expectPage(at.page.getByLabel("Repository URL")).toHaveValue("https://git.example.org/usual", WAIT);
  await expectPage(at.page.getByLabel("Branch", { exact: true })).toHaveValue("calm-fox", WAIT);
});

test("repositories and branches of GitHub are offered, and what is typed stays", async () => {
  const url = "https://github.com/acme/shop.git";
  const shop = { fullName: "acme/shop", url, private: true, defaultBranch: "trunk" };
  const tool = { ...shop, fullName: "ada/tool", url: "https://github.com/ada/tool.git", defaultBranch: "develop" };
  api.answers.set("GET /api/user/repos", () => ({ status: 200, body: { repos: [shop, tool] } }));
  api.answers.set("GET /api/user/repos/branches", (query) => ({
    status: 200,
    body: { branches: [`${query.get("repo")}-1`, "next"], defaultBranch: "trunk" },
  }));
  await using at = await visit(browser, `${api.url}/new`);
  const { page } = at;
  const repository = page.getByLabel("Repository URL");
  const source = page.getByLabel("Source branch");
  const offers = (list: string) =>
    page.locator(`datalist#${list} option`).evaluateAll((all) => all.map((one) => one.getAttribute("value")));
  await expect.poll(() => offers("own-repositories"), WAIT).toEqual([shop.url, tool.url]);
  await expectPage(repository).toHaveAttribute("list", "own-repositories");
  await expectPage(repository).toHaveAttribute("autocapitalize", "off");

  // By keys and blur, then by what a click on an offer does: the browser puts its value in.
  await repository.pressSequentially("https://github.com/acme/sh");
  await expect.poll(() => offers("own-repositories"), WAIT).toEqual([shop.url]);
  await repository.pressSequentially("op");
  await page.keyboard.press("Tab");
  await expectPage(repository).toHaveValue("https://github.com/acme/shop");
  await expectPage(source).toHaveValue("trunk", WAIT);
  await expectPage(source).toHaveAttribute("list", "branches-of-repository");
  await expect.poll(() => offers("branches-of-repository"), WAIT).toEqual(["acme/shop-1", "next"]);
  await repository.fill(tool.url);
  await expectPage(source).toHaveValue("develop", WAIT);
  await expect.poll(() => offers("branches-of-repository"), WAIT).toEqual(["ada/tool-1", "next"]);

  await source.fill("mine");
  await repository.fill(url);
  await expect.poll(() => offers("branches-of-repository"), WAIT).toEqual(["acme/shop-1", "next"]);
  await expectPage(source).toHaveValue("mine");
  await repository.fill("https://git.example.org/other");
  await expect.poll(() => offers("branches-of-repository"), WAIT).toEqual([]);
  expect(api.requests.filter((name) => name === "GET /api/user/repos")).toHaveLength(1);
  expect(at.faults).toEqual([]);
});

test("without a token for GitHub nothing is offered, and nothing is said", async () => {
  const detail = "There is no GitHub token of yours.";
  api.answers.set("GET /api/user/repos", () => ({ status: 401, body: problem("unauthenticated", detail) }));
  await using at = await visit(browser, `${api.url}/new`);
  await expect.poll(() => api.requests.includes("GET /api/user/repos"), WAIT).toBe(true);
  await at.page.getByLabel("Repository URL").fill("https://github.com/acme/shop");
  await expectPage(at.page.getByLabel("Source branch")).toHaveValue("main");
  await expectPage(at.page.locator("datalist option")).toHaveCount(0);
  await expectPage(at.page.getByText(detail)).toHaveCount(0);
  await expectPage(at.page.getByText(/signed out/)).toHaveCount(0);
  expect(at.faults).toEqual([]);
});

test("a person who is signed out is told so", async () => {
  api.refusesStreams = true;
  api.answers.set("GET /api/me", () => ({ status: 401, body: problem("unauthenticated", "Sign in.") }));
  await using at = await visit(browser, api.url);
  await shows(at.page, /You are signed out/);
});
