import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { cookieSecret, oauth2ProxyFlags, type SignInOptions } from "./oauth2-proxy-flags.ts";

const sample = (changes: Partial<SignInOptions> = {}): SignInOptions => ({
  provider: { kind: "github", org: "acme", teams: [], users: [] },
  clientId: "the-client",
  scopes: "user:email read:org",
  emailDomains: [],
  domain: "example.org",
  oauthHost: "oauth.example.org",
  proto: "https",
  cookieName: "__Secure-p",
  cookieExpire: "168h",
  cookieRefresh: undefined,
  store: "cookie",
  trustedProxies: ["10.0.0.0/8"],
  address: "0.0.0.0:4180",
  ...changes,
});
const oidc: Partial<SignInOptions> = {
  provider: { kind: "oidc", issuer: "https://id.example.org", groups: [] },
  cookieRefresh: "59m",
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

const emailFlags = (changes: Partial<SignInOptions>) =>
  oauth2ProxyFlags(sample(changes)).filter((flag) => /^--(email|authenticated)/.test(flag));

test("any address may sign in only where the provider decides, and nobody names addresses or domains", () => {
  expect(emailFlags({})).toEqual(["--email-domain=*"]);
  expect(emailFlags({ emailDomains: ["*"] })).toEqual(["--email-domain=*"]);
  expect(emailFlags(oidc)).toEqual(["--authenticated-emails-file=/etc/emails"]);
  expect(emailFlags({ ...oidc, emailDomains: ["a.org", "b.org"] })).toEqual([
    "--authenticated-emails-file=/etc/emails",
    "--email-domain=a.org",
    "--email-domain=b.org",
  ]);
  const provider = { kind: "github", org: undefined, teams: [], users: [] } as const;
  expect(emailFlags({ provider, emailDomains: ["a.org"] })).toEqual(["--email-domain=a.org"]);
  for (const emailDomains of [[], ["*"]])
    expect(() => emailFlags({ provider, emailDomains })).toThrow("everybody could");
});

test("tokens are renewed only where it is said when", () => {
  expect(oauth2ProxyFlags(sample(oidc))).toContain("--cookie-refresh=59m");
  expect(oauth2ProxyFlags(sample()).join("\n")).not.toContain("--cookie-refresh");
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
