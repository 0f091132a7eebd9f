import type { Browser, BrowserContext, Page } from "@playwright/test";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { startProgram, type Program } from "../harness/program.ts";
import { headerOf } from "../harness/raw-http.ts";
import { RawTarget } from "../harness/raw-target.ts";
import { freePorts, startRouter, type TestRouter } from "../harness/router.ts";
import { launchBrowser } from "../web/browser.ts";

/**
 * Mallory has a session, too: her pages are served one label beside Alice's, are same-site with everything of Alice's,
 * and Alice's browser sends the cookie of the sign-in along. Alice looks at a page that Mallory shares with everybody.
 */
const [ALICE, MALLORY] = ["alice@example.org", "mallory@example.org"];
const COOKIE = "_oauth2_proxy";
const LIMIT_MS = 30_000;

let edge: Program;
let router: TestRouter;
let browser: Browser;
let context: BrowserContext;
/** Of Alice, where nobody else may look. */
let target: RawTarget;
/** Where Mallory's page is. */
let page: Page;
let at: { readonly main: string; readonly session: string; readonly port: string; readonly mallory: string };
let domain: string;
let lure: RawTarget;

async function sessionWithServer(as: string): Promise<RawTarget> {
  const { hash } = (await router.api("POST", "/api/sessions", { as, body: {} })).json<Session>();
  for (let state = ""; state !== "running"; { state } = await router.session(hash, as));
  return RawTarget.start(router, hash, as);
}

/** A page that says nothing; what it does is said by the tests. */
const PAGE =
  "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: toss=1; Domain=DOMAIN; Path=/\r\nContent-Length: 6\r\n\r\n<p>hi\n";
const pageOf = (server: string) =>
  `${server}/raw?bytes=${encodeURIComponent(Buffer.from(PAGE.replace("DOMAIN", domain)).toString("base64"))}`;

beforeAll(async () => {
  const [edgePort = 0] = await freePorts(1);
  domain = "team.localhost";
  const host = `${domain}:${edgePort}`;
  router = await startRouter({ auth: "proxy", env: { ROUTER_DOMAIN: host } });
  Object.assign(router, {
    mainHost: () => host,
    sessionHost: (hash: string) => `${hash}-oc.${host}`,
    portHost: (hash: string, port: number) => `${port}-${hash}-oc.${host}`,
  });
  const secret = router.identity(ALICE)["x-edge-secret"] ?? "";
  edge = await startProgram("edge", [String(edgePort), String(router.ports.public), secret, COOKIE]);
  target = await sessionWithServer(ALICE);
  lure = await sessionWithServer(MALLORY);
  const shared = { as: MALLORY, body: { level: "authenticated" } };
  expect((await router.api("PUT", `/api/sessions/${lure.hash}/ports/${lure.port}`, shared)).status).toBe(200);
  at = {
    main: `http://${host}`,
    session: `http://${router.sessionHost(target.hash)}`,
    port: `http://${target.host}`,
    mallory: `http://${lure.host}`,
  };
  browser = await launchBrowser();
}, 180_000);

afterAll(async () => {
  await browser?.close();
  for (const one of [target, lure, edge, router]) await one?.[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await context?.close();
  context = await browser.newContext();
  context.setDefaultTimeout(LIMIT_MS);
  await context.addCookies([
    { name: COOKIE, value: "signed-in-alice", domain: `.${domain}`, path: "/", httpOnly: true, sameSite: "Lax" },
  ]);
  page = await context.newPage();
  expect((await page.goto(pageOf(at.mallory)))?.status()).toBe(200);
  await target.seen();
});

/** Runs a function in the page; it is given as its source, because it knows nothing of this side. */
const inPage = <T = string>(source: string, argument?: unknown): Promise<T> =>
  page.evaluate(`(${source})(${JSON.stringify(argument)})`);

const everything = () => [`${at.main}/api/sessions`, `${at.session}/session`, `${at.port}/data`];
const unsafeSeen = async () =>
  (await target.seen()).filter((event) => !(event.event === "request" && event.request.startLine.startsWith("GET ")));
const state = async () => [
  (await router.api("GET", "/api/sessions"))
    .json<{ sessions: { state: string; busy: boolean }[] }>()
    .sessions.map(({ state }) => state),
  (await router.onSession(target.hash, "/session")).json<unknown[]>().length,
];

test("Alice's own pages work: what is refused below is refused to Mallory", async () => {
  await page.goto(pageOf(at.port));
  expect(await inPage(`async () => (await fetch("/own", { method: "POST", body: "a" })).status`)).toBe(200);
  const opened = await inPage(`() =>
      new Promise((done) =>
        Object.assign(new WebSocket(\`ws://\${location.host}/socket\`), {
          onerror: () => done("refused"),
          onopen: () => done("open"),
        }),
      )`);
  // The server's handshake is bare, which the browser says only after it was let through.
  expect(opened).toBe("refused");
  const requests = target.events.flatMap((event) => (event.event === "request" ? [event.request.startLine] : []));
  expect(requests).toEqual(expect.arrayContaining(["POST /own HTTP/1.1", "GET /socket HTTP/1.1"]));
  await page.goto(at.main);
  expect(await inPage(`async () => (await (await fetch("/api/me")).json()).email`)).toBe(ALICE);
  expect(await inPage(`async () => (await fetch("/api/sessions/000000000000/stop", { method: "POST" })).status`)).toBe(
    404,
  );
});

describe("a page of a neighbour", () => {
  test("can read nothing", async () => {
    const read = await inPage<string[]>(
      `(urls) =>
        Promise.all(
          urls.flatMap((url) => [
            fetch(url, { credentials: "include" }).then(
              (res) => res.text(),
              () => "unreadable",
            ),
            fetch(url, { credentials: "include", mode: "no-cors" }).then(
              (res) => \`\${res.type}\${res.status}\`,
              () => "unreadable",
            ),
            new Promise((done) => {
              const xhr = new XMLHttpRequest();
              Object.assign(xhr, {
                withCredentials: true,
                onload: () => done(xhr.responseText),
                onerror: () => done("unreadable"),
              });
              xhr.open("GET", url);
              xhr.send();
            }),
          ]),
        )`,
      everything(),
    );
    expect(read.filter((text) => text !== "unreadable" && text !== "opaque0")).toEqual([]);
  });

  test("can change nothing by a request", async () => {
    const before = await state();
    const statuses: number[] = [];
    page.on("response", (res) => res.request().method() !== "OPTIONS" && statuses.push(res.status()));
    await inPage(
      `async (urls) => {
        const ways = [
          { method: "POST" },
          { method: "POST", mode: "no-cors" },
          { method: "PUT" },
          { method: "DELETE" },
          { method: "PATCH" },
        ];
        for (const url of [...urls, \`\${urls[0]}/stop\`])
          for (const way of ways) {
            const body = JSON.stringify({ title: "mallory" });
            await fetch(url, { ...way, credentials: "include", body }).catch(() => {});
            await fetch(url, {
              ...way,
              credentials: "include",
              body,
              headers: { "content-type": "application/json" },
            }).catch(() => {});
          }
        for (const url of urls) navigator.sendBeacon(url, "mallory");
      }`,
      [...everything(), `${at.main}/api/sessions/${target.hash}/stop`],
    );
    expect(await state()).toEqual(before);
    expect(await unsafeSeen()).toEqual([]);
    expect(new Set(statuses)).toEqual(new Set([403]));
  });

  test("can change nothing by a form", async () => {
    const before = await state();
    for (const url of everything())
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
        await page.goto(pageOf(at.mallory));
        const answered = page.waitForResponse((res) => res.url() === url);
        await inPage(
          `([action, enctype]) => {
            document.body.innerHTML = \`<form method="post" action="\${action}" enctype="\${enctype}"><input name='{"title":"' value='mallory"}'></form>\`;
            document.forms[0]?.submit();
          }`,
          [url, type],
        );
        expect([url, type, (await answered).status()]).toEqual([url, type, 403]);
        await page.waitForURL(url);
      }
    expect(await state()).toEqual(before);
    expect(await unsafeSeen()).toEqual([]);
  });

  test("can open no socket and hear no events", async () => {
    const socketUrls = [`${at.port}/socket`, `${at.session}/pty/pty_none/connect`, `${at.main}/api/sessions/stream`];
    const eventUrls = [`${at.port}/events`, `${at.session}/event`, `${at.main}/api/sessions/stream`];
    const told = await inPage(
      `([sockets = [], events = []]) => {
        const heard = (source) =>
          new Promise((done) => {
            for (const name of ["open", "message", "error"]) source.addEventListener(name, () => done(name));
          });
        return Promise.all([
          ...sockets.map((url) => heard(new WebSocket(url.replace("http", "ws")))),
          ...events.map((url) => heard(new EventSource(url, { withCredentials: true }))),
        ]);
      }`,
      [socketUrls, eventUrls],
    );
    expect(new Set(told)).toEqual(new Set(["error"]));
    const seen = (await target.seen()).flatMap((event) => (event.event === "request" ? [event.request.startLine] : []));
    expect(seen.filter((line) => line.includes("/socket"))).toEqual([]);
  });

  test("can show neither the router's pages nor the agent's in a frame", async () => {
    for (const url of [`${at.main}/`, `${at.session}/`]) {
      await page.goto(pageOf(at.mallory));
      await inPage(
        `(src) => {
        document.body.innerHTML = \`<iframe src="\${src}"></iframe>\`;
      }`,
        url,
      );
      const inside = () => page.frames().find((frame) => frame !== page.mainFrame());
      await expect.poll(() => inside()?.url(), { timeout: LIMIT_MS }).toBe("chrome-error://chromewebdata/");
    }
  });

  test("cannot reach into a page of Alice's that it opened", async () => {
    const opened = context.waitForEvent("page");
    await inPage(`(url) => void Object.assign(window, { other: open(url) })`, at.main);
    await (await opened).waitForLoadState();
    const read = await inPage(`() => {
      try {
        return String((window).other.document.body.innerHTML);
      } catch (cause) {
        return cause.name;
      }
    }`);
    // Cut off from it altogether, or kept out of it.
    expect(["SecurityError", "TypeError"]).toContain(read);
  });

  test("can toss cookies, but no session sees one of ours, and Alice stays Alice", async () => {
    await inPage(
      `(parent) => {
      for (const name of [
        "ocr_ide",
        "OCR_ide",
        "__Host-ocr_ide",
        "_oauth2_proxy_0",
        "_oauth2_proxy_csrf",
        "_OAUTH2_PROXY",
        "app",
      ])
        document.cookie = \`\${name}=mallory; domain=\${parent}; path=/\`;
      document.cookie = \`_oauth2_proxy=signed-in-mallory; domain=\${parent}; path=/\`;
    }`,
      domain,
    );
    expect(await inPage(`() => document.cookie`)).not.toContain("signed-in");
    await target.seen();
    await page.goto(`${at.port}/tossed`);
    const [event] = await target.seen();
    expect(event?.event === "request" && headerOf(event.request, "cookie")).toBe("app=mallory");
    await page.goto(at.main);
    expect(await inPage(`async () => (await (await fetch("/api/me")).json()).email`)).toBe(ALICE);
  });

  test("can set no cookie for others by its answers", async () => {
    const tossed = (await context.cookies()).filter(({ name }) => name === "toss");
    expect(tossed.map((cookie) => cookie.domain)).toEqual([new URL(at.mallory).hostname]);
    await page.goto(`${at.port}/`);
    expect(await inPage(`() => document.cookie`)).toBe("");
  });
});
