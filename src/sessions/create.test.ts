import { describe, expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import type { ProblemError } from "../contracts/problem.ts";
import { isSessionHash } from "../contracts/session-hash.ts";
import type { CreateSession } from "../contracts/session.ts";
import { Secret } from "../lib/secret.ts";
import { chooseRepository, newRecord } from "./create.ts";
import { sessionHash } from "./identity.ts";

const rules = { allowLocal: false, allowedHosts: [] };
const repoUrl = "https://git.example.org/team/app.git";
const choice = { repoUrl, branch: "brave-otter", sourceBranch: "main" };

describe("what a request asks for", () => {
  test("nothing is a blank project", () => {
    expect(chooseRepository({}, rules)).toBeUndefined();
    expect(chooseRepository({ repoUrl: "", branch: "", sourceBranch: "" }, rules)).toBeUndefined();
  });

  test("a repository with both branches", () => {
    expect(chooseRepository(choice, rules)).toEqual(choice);
  });

  test.each<[string, CreateSession, ProblemError["problem"]["code"], RegExp]>([
    ["a branch alone", { branch: "x" }, "invalid_request", /repoUrl/],
    ["a source branch alone", { sourceBranch: "x" }, "invalid_request", /repoUrl/],
    ["no branch", { repoUrl, sourceBranch: "main" }, "invalid_request", /branch and sourceBranch/],
    ["no source branch", { repoUrl, branch: "x" }, "invalid_request", /branch and sourceBranch/],
    ["an option as branch", { ...choice, branch: "--orphan" }, "invalid_branch", /^branch: .*dash/],
    ["a bad source branch", { ...choice, sourceBranch: "a..b" }, "invalid_branch", /^sourceBranch: .*dots/],
    ["a bad address", { ...choice, repoUrl: "ext::sh -c true" }, "invalid_repository", /./],
    ["a local path for many people", { ...choice, repoUrl: "/etc" }, "invalid_repository", /disk/],
  ])("%s is refused", (...[, body, code, says]) => {
    expect(() => chooseRepository(body, rules)).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ code, detail: expect.stringMatching(says) }) }),
    );
  });

  test("a local path for one person is taken", () => {
    expect(chooseRepository({ ...choice, repoUrl: "/srv/app" }, { ...rules, allowLocal: true })?.repoUrl).toBe(
      "/srv/app",
    );
  });
});

describe("the record of a new session", () => {
  const owner = "alice@example.org" as Email;
  const idSecret = new Secret("session-id-secret-of-the-tests");
  const make = (change: { choice?: typeof choice; initialMessage?: string }) =>
    newRecord({ owner, choice: change.choice, initialMessage: change.initialMessage, now: 7, idSecret, home: "here" });

  test("of a repository has the hash of its identity", () => {
    const record = make({ choice, initialMessage: "Fix it" });
    expect(record).toMatchObject({ ...choice, owner, desired: "running", createdAt: 7, lastActivity: 7, home: "here" });
    expect(record.hash).toBe(sessionHash(idSecret, { owner, ...choice }));
    expect(record).toMatchObject({
      initialMessage: "Fix it",
      initialMessageDone: false,
      failure: null,
      conversation: null,
    });
  });

  test("of a blank project has a hash of its own each time", () => {
    const [one, two] = [make({}), make({})];
    expect(isSessionHash(one.hash)).toBe(true);
    expect(one.hash).not.toBe(two.hash);
    expect(one).toMatchObject({ repoUrl: null, branch: null, sourceBranch: null });
  });

  test("without a message there is nothing left to give", () => {
    for (const record of [make({}), make({ initialMessage: "" })])
      expect(record).toMatchObject({ initialMessage: null, initialMessageDone: true });
  });

  test("no two have the same attach password", () => {
    expect(make({ choice }).attachNonce).not.toBe(make({ choice }).attachNonce);
    expect(make({}).attachNonce).toMatch(/^[\w-]{22}$/);
  });
});
