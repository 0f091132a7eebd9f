import { expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import { Secret } from "../lib/secret.ts";
import { GitHubTokens } from "./github-tokens.ts";

const ADA = "ada@example.org" as Email;
const BOB = "bob@example.org" as Email;

test("the latest token of each person is told, and each change once", () => {
  const tokens = new GitHubTokens();
  const changes: Email[] = [];
  tokens.changes.subscribe((owner) => changes.push(owner));
  for (const text of ["gho_1", "gho_1", "gho_2", "gho_2"]) tokens.remember(ADA, new Secret(text));
  expect([tokens.of(ADA)?.reveal(), tokens.of(BOB)]).toEqual(["gho_2", null]);
  expect(changes).toEqual([ADA, ADA]);
});

test.each(["", "two words", "gho_1\nhost=evil", "gho_1\r", "gho_é", "gho_1, gho_2", "\0", "x".repeat(4097)])(
  "%j is no token, and takes the place of none",
  (text) => {
    const tokens = new GitHubTokens();
    tokens.remember(ADA, new Secret("gho_1"));
    tokens.remember(ADA, new Secret(text));
    expect(tokens.of(ADA)?.reveal()).toBe("gho_1");
  },
);
