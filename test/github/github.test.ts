import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../src/lib/secret.ts";
import { GitHub } from "../../src/people/github.ts";
import { githubAddress } from "../../src/people/github-address.ts";
import type { GitHubLimits } from "../../src/people/github-client.ts";
import { startGitHubServer, type GitHubServer } from "../harness/github-server.ts";

/** Somebody else's server: whoever comes to it has been led away. */
const visits: (string | undefined)[] = [];
const elsewhere = createServer((req, res) => {
  visits.push(req.headers.authorization);
  res.end("[]");
});
let server: GitHubServer;
beforeAll(async () => {
  elsewhere.listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  server = await startGitHubServer({ elsewhere: `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}` });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  elsewhere.closeAllConnections();
  elsewhere.close();
});

const github = (limits: Partial<GitHubLimits> = {}) => new GitHub(githubAddress(server.api), limits);
const ada = new Secret("gho_ada");
const asked = async (): Promise<string[]> => (await server.requests()).map(({ url }) => url);
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("it was not refused"),
    (cause: { problem?: { status: number; code: string; detail: string } }) => cause.problem,
  );

describe("repositories", () => {
  test("are those of all pages, the latest first", async () => {
    const found = await github().repositories(ada);
    expect(found).toHaveLength(250);
    expect(new Set(found.map(({ fullName }) => fullName)).size).toBe(250);
    expect(found[0]).toEqual({
      fullName: "acme/shop",
      url: `${server.origin}/acme/shop.git`,
      private: true,
      defaultBranch: "trunk",
      description: "Where things are sold",
      pushedAt: "2026-03-01T00:00:00.000Z",
    });
    expect(found.slice(1, 3).map(({ fullName }) => fullName)).toEqual(["ada/tool-247", "ada/tool-246"]);
    expect(found.at(-1)).toEqual({
      fullName: "ada/Empty",
      url: `${server.origin}/ada/Empty.git`,
      private: false,
      defaultBranch: "main",
    });
  });

  test("are found by a part of their name, in any case, and asked for once", async () => {
    const hub = github();
    const before = (await asked()).length;
    const names = async (query: string) => (await hub.repositories(ada, query)).map(({ fullName }) => fullName);
    expect(await Promise.all([names("SHOP"), names(" empty "), names("ada/tool-24"), names(".*")])).toEqual([
      ["acme/shop"],
      ["ada/Empty"],
      [7, 6, 5, 4, 3, 2, 1, 0].map((digit) => `ada/tool-24${digit}`),
      [],
    ]);
    expect((await asked()).slice(before)).toEqual([
      "/api/v3/user/repos?per_page=100&sort=pushed",
      "/api/v3/user/repos?per_page=100&sort=pushed&page=2",
      "/api/v3/user/repos?per_page=100&sort=pushed&page=3",
    ]);
  });

  test("are each person's own, also where another has just asked", async () => {
    const hub = github();
    await hub.repositories(ada);
    const found = await hub.repositories(new Secret("gho_grace"));
    expect(found.map(({ fullName }) => fullName)).toEqual(["grace/compiler"]);
  });
});

describe("branches", () => {
  test("are those of all pages, with the default one named", async () => {
    const { branches, defaultBranch } = await github().branches(ada, "acme/shop");
    expect(defaultBranch).toBe("trunk");
    expect(branches).toHaveLength(230);
    expect([branches[0], branches.at(-1)]).toEqual(["trunk", "feature/228"]);
  });

  test("may be asked for by the repository's address, or by a name that it had", async () => {
    expect((await github().branches(ada, `${server.origin}/acme/shop.git`)).branches).toHaveLength(230);
    expect((await github().branches(ada, "acme/store")).branches).toHaveLength(230);
  });

  test("of what is not there or not theirs are not told", async () => {
    for (const name of ["acme/none", "grace/compiler"])
      expect(await refusal(github().branches(ada, name))).toMatchObject({ status: 404, code: "not_found" });
  });
});

describe("the token", () => {
  test.each(["gho_led_away", "gho_sent_away", "gho_led_out"])("of %s stays here", async (name) => {
    expect(await refusal(github().repositories(new Secret(name)))).toMatchObject({
      status: 502,
      detail: expect.stringMatching(/leads to another place/),
    });
    expect(visits).toEqual([]);
    expect((await asked()).filter((url) => !url.startsWith("/api/v3/"))).toEqual([]);
  });

  test.each(["gho_nobody", "gho\r\nx: y", "gho_é", ""])("%j is not taken", async (text) => {
    const told = await refusal(github().repositories(new Secret(text)));
    expect(told).toMatchObject({
      status: 401,
      code: "unauthenticated",
      detail: expect.stringMatching(/Sign in again/),
    });
  });

  test("is in no error", async () => {
    const dead = new GitHub(githubAddress("http://127.0.0.1:1/api"));
    const failures = ["gho_nobody", "gho_silent", "gho_html", "gho_resets", "gho\nx"].map((text) =>
      github({ answerMs: 200 }).repositories(new Secret(text)),
    );
    for (const { reason } of (await Promise.allSettled([...failures, dead.repositories(new Secret("gho_x"))])) as {
      reason: Error;
    }[])
      expect(`${reason.stack} ${JSON.stringify(reason)} ${String(reason.cause)}`).not.toContain("gho");
  });
});

describe("what goes wrong", () => {
  test.each([
    ["gho_down", /503/],
    ["gho_resets", /cannot be reached/],
    ["gho_html", /not understood/],
    ["gho_other_shape", /not understood/],
    ["gho_endless_body", /too large/],
  ])("%s is told as 502", async (name, detail) => {
    const told = await refusal(github().repositories(new Secret(name)));
    expect(told).toMatchObject({ status: 502, code: "remote_unreachable", detail: expect.stringMatching(detail) });
  });

  test("an answer that does not come, or not to its end, is not waited for", async () => {
    for (const name of ["gho_silent", "gho_drips"]) {
      const told = await refusal(github({ answerMs: 300 }).repositories(new Secret(name)));
      expect(told).toMatchObject({ status: 502, detail: expect.stringMatching(/too long/) });
    }
  });

  test("a list is read for so long, and so far", async () => {
    const endless = new Secret("gho_endless_pages");
    expect(await refusal(github({ listMs: 300, pages: 1_000_000 }).repositories(endless))).toMatchObject({
      detail: expect.stringMatching(/too long/),
    });
    const before = (await asked()).length;
    expect(await github({ pages: 5 }).repositories(endless)).toHaveLength(1);
    expect((await asked()).length - before).toBe(5);
  });
});
