import { expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import { isSessionHash } from "../contracts/session-hash.ts";
import { Secret } from "../lib/secret.ts";
import { randomHash, sessionHash } from "./identity.ts";

const secret = new Secret("session-id-secret-of-the-tests");
const identity = {
  owner: "alice@example.org" as Email,
  repoUrl: "https://git.example.org/team/app.git",
  branch: "brave-otter",
};

/** Computed by OpenSSL: `printf '<email>\n<repoUrl>\n<branch>' | openssl dgst -sha256 -hmac <secret>`, first 12 digits. */
test.each([
  ["4605639cde3f", identity],
  ["d55fb6e152b3", { ...identity, branch: "feature/ümlaut" }],
  ["6afae567c90f", { ...identity, owner: "bob@example.org" as Email, repoUrl: "git@github.com:team/app.git" }],
])("%s is the hash of %o", (expected, of) => {
  expect(sessionHash(secret, of)).toBe(expected);
});

test("each part of the identity, and the secret, makes another session", () => {
  const hashes = [
    sessionHash(secret, identity),
    sessionHash(secret, { ...identity, owner: "bob@example.org" as Email }),
    sessionHash(secret, { ...identity, repoUrl: "https://git.example.org/team/other.git" }),
    sessionHash(secret, { ...identity, branch: "other" }),
    sessionHash(new Secret("another-secret-of-the-tests"), identity),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(hashes.every(isSessionHash)).toBe(true);
});

test("space around address and branch does not count", () => {
  const padded = { ...identity, repoUrl: ` ${identity.repoUrl}\n`, branch: `${identity.branch} ` };
  expect(sessionHash(secret, padded)).toBe(sessionHash(secret, identity));
});

test("a random hash is one, and another each time", () => {
  const hashes = Array.from({ length: 100 }, randomHash);
  expect(hashes.every(isSessionHash)).toBe(true);
  expect(new Set(hashes).size).toBe(100);
});
