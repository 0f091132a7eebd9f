import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { cookieSecret, oauth2ProxyFlags, signInProblems, type SignInOptions } from "./oauth2-proxy-flags.ts";

const sample = (changes: Partial<SignInOptions> = {}): SignInOptions => ({
  provider: { kind: "github", org: "acme" },
  clientId: "the-client",
  domain: "example.org",
  oauthHost: "oauth.example.org",
  proto: "https",
  cookieName: "__Secure-p",
  cookieHours: 168,
  store: "cookie",
  trustedProxies: ["10.0.0.0/8"],
  address: "0.0.0.0:4180",
  ...changes,
});
const oidc: Partial<SignInOptions> = {
  provider: { kind: "oidc", issuer: "https://id.example.org", tokenMinutes: 60 },
  store: "redis",
  emailsFile: "/etc/emails",
};

test("a cookie secret is 32 bytes, whatever they are", () => {
  for (const bytes of [
    Buffer.alloc(32, 0xfb),
    Buffer.alloc(32, 0xff),
    ...Array.from({ length: 50 }, () => randomBytes(32)),
  ]) {
    const secret = cookieSecret(bytes.toString("base64"));
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(Buffer.from(secret, "base64url").equals(bytes)).toBe(true);
  }
});

test("nothing is let pass without a sign-in, and no secret stands in the command", () => {
  for (const options of [sample(), sample(oidc), sample({ proto: "http", publicPort: 8080 })]) {
    const text = oauth2ProxyFlags(options).join("\n");
    expect(text).not.toMatch(
      /--(skip-auth|trusted-ip=|ping-user-agent|gcp-healthchecks|skip-jwt|client-secret|cookie-secret)/,
    );
    expect(text).toContain("--cookie-csrf-per-request-limit=8");
    expect(text).toContain("--trusted-proxy-ip=10.0.0.0/8");
  }
});

test("any address may sign in only where a group of the provider decides", () => {
  expect(oauth2ProxyFlags(sample())).toContain("--email-domain=*");
  expect(oauth2ProxyFlags(sample(oidc)).join("\n")).not.toContain("--email-domain");
  expect(signInProblems(sample())).toEqual([]);
  expect(signInProblems(sample(oidc))).toEqual([]);
  expect(signInProblems(sample({ provider: { kind: "github" } }))).toEqual([
    expect.stringContaining("who may sign in"),
  ]);
  expect(signInProblems(sample({ ...oidc, store: "cookie" }))).toEqual([expect.stringContaining("redis")]);
});

test("people come back to the domain's own hosts, by its scheme", () => {
  expect(oauth2ProxyFlags(sample())).toEqual(
    expect.arrayContaining([
      "--redirect-url=https://oauth.example.org/oauth2/callback",
      "--whitelist-domain=.example.org",
      "--cookie-domain=.example.org",
      "--cookie-secure=true",
    ]),
  );
});
