import { describe, expect, test } from "vitest";
import { dropping, problemsOf } from "./stack.fixture.ts";

type Given = Readonly<Record<string, string>>;
type Case = [what: string, given: Given, ...problems: string[]];
const OIDC: Given = {
  ...dropping("auth.githubOrg"),
  "auth.provider": "oidc",
  "auth.issuer": "https://id.example.org",
  "auth.allowedGroups": "staff",
};
const LONG = "a".repeat(64);

const check = (cases: readonly Case[]) =>
  test.each(cases)("%s", (_, given, ...problems) => {
    expect(problemsOf(given)).toEqual(problems);
  });

describe("keys", () => {
  check([
    [
      "that are required are missing",
      dropping("domain", "auth.clientId", "auth.clientSecret", "images.registry"),
      "domain: is missing: `pulumi config set domain …`",
      "auth.clientId: is missing: `pulumi config set auth.clientId …`",
      "auth.clientSecret: is missing: `pulumi config set --secret auth.clientSecret`",
      "images.registry: is missing: `pulumi config set images.registry ghcr.io/acme`, or set images.router and images.session",
    ],
    [
      "are misspelt",
      { "auth.clientSecrt": "x" },
      "auth.clientSecrt: is not known: did you mean auth.clientSecret (`pulumi config set --secret auth.clientSecret`)? If so, set that and remove it with `pulumi config rm opencode-router:auth.clientSecrt`",
    ],
    [
      "miss their group",
      { storageSize: "1Gi", idleTimeoutMinutes: "5" },
      "storageSize: is not known: remove it with `pulumi config rm opencode-router:storageSize`",
      "idleTimeoutMinutes: is not known: did you mean router.idleTimeoutMinutes (`pulumi config set router.idleTimeoutMinutes …`)? If so, set that and remove it with `pulumi config rm opencode-router:idleTimeoutMinutes`",
    ],
    [
      "are written another way",
      { main_host: "x" },
      "main_host: is not known: did you mean mainHost (`pulumi config set mainHost …`)? If so, set that and remove it with `pulumi config rm opencode-router:main_host`",
    ],
    [
      "are set with --path",
      { auth: '{"clientId":"x"}' },
      "auth: is a group, not a key: set its keys by their whole names, without --path, and remove it with `pulumi config rm opencode-router:auth`",
    ],
    [
      "are in the namespace of something else",
      { "code:sessions.env": "{}", "kubernetes:context": "x", "aws:region": "eu-central-1", "pulumi:tags": "{}" },
      "code:sessions.env: is not in the namespace opencode-router, so nothing reads it: did you mean sessions.env (`pulumi config set sessions.env …`)? If so, set that and remove it with `pulumi config rm code:sessions.env`",
      "kubernetes:context: is not in the namespace opencode-router, so nothing reads it: did you mean kubeContext (`pulumi config set kubeContext …`)? If so, set that and remove it with `pulumi config rm kubernetes:context`",
      "aws:region: is not in the namespace opencode-router, so nothing reads it: remove it with `pulumi config rm aws:region`",
    ],
    [
      "are words that every object has",
      { constructor: "x" },
      "constructor: is not known: remove it with `pulumi config rm opencode-router:constructor`",
    ],
  ]);
});

describe("hosts", () => {
  const DOMAIN =
    "domain: must be a full domain in lower case such as example.org: no scheme, port, path or wildcard, no label over 63 characters";
  const HYPHEN = "routeSuffix: must start with a hyphen, as in -oc";
  check([
    ...[
      "https://example.org",
      "Example.org",
      "example.org:443",
      "*.example.org",
      "example",
      "example.org.",
      "10.0.0.1",
      `${LONG}.org`,
    ].map((domain): Case => [`domain ${domain}`, { domain }, DOMAIN]),
    [
      "a main host that is a session's",
      { mainHost: "0123456789ab-oc" },
      "mainHost: 0123456789ab-oc.example.org is the host of a session: choose a label that is not of that form",
    ],
    [
      "a sign-in host that is attach's, and a dev server's",
      { oauthHost: "attach-0123456789ab-oc", mainHost: "5173-0123456789ab-oc" },
      "mainHost: 5173-0123456789ab-oc.example.org is the host of a session: choose a label that is not of that form",
      "oauthHost: attach-0123456789ab-oc.example.org is the host of a session: choose a label that is not of that form",
    ],
    [
      "hosts elsewhere, and two labels below",
      { mainHost: "code.example.net", oauthHost: "a.b.example.org" },
      "mainHost: code.example.net must be example.org or one label below it, where its certificate, its DNS record and the sign-in's cookie hold",
      "oauthHost: a.b.example.org must be example.org or one label below it, where its certificate, its DNS record and the sign-in's cookie hold",
    ],
    ["the same host twice", { mainHost: "oauth" }, "oauthHost: must differ from mainHost, oauth.example.org"],
    [
      "sessions where the cookie is not sent",
      { sessionDomain: "sessions.example.net" },
      "sessionDomain: must be example.org or below it, for the sign-in's cookie is not sent to other domains",
    ],
    [
      "sessions below the main host",
      { sessionDomain: "code.example.org" },
      "sessionDomain: must differ from mainHost, code.example.org",
    ],
    [
      "a domain that is too long for its sessions",
      { domain: `${`${"a".repeat(60)}.`.repeat(3)}${"a".repeat(10)}.org` },
      "domain: is too long: its sessions' hosts have up to 64 characters more, of at most 253",
    ],
    ["a suffix without hyphen", { routeSuffix: "oc" }, HYPHEN],
    [
      "a suffix in capitals",
      { routeSuffix: "-OC" },
      "routeSuffix: use lower-case letters, digits and hyphens, and end with a letter or digit",
    ],
    [
      "a prefix that is the IDE's",
      { attachPrefix: "ide-" },
      'attachPrefix: start with a letter, end with a hyphen, and do not use "ide-"',
    ],
    [
      "a label of more than 63 characters",
      { routeSuffix: `-${"a".repeat(44)}` },
      "routeSuffix and attachPrefix: together too long for one DNS label of 63 characters",
    ],
  ]);
  test("a label of 63 characters, the main host at the domain, and sessions below it are fine", () => {
    expect(problemsOf({ routeSuffix: `-${"a".repeat(43)}` })).toEqual([]);
    expect(
      problemsOf({ mainHost: "example.org", oauthHost: "login.example.org", sessionDomain: "s.example.org" }),
    ).toEqual([]);
  });
});

describe("sign-in", () => {
  check([
    [
      "of nobody",
      dropping("auth.githubOrg"),
      "auth.allowedEmails: nobody may sign in: set it, auth.allowedEmailDomains, auth.githubOrg, auth.githubTeams or auth.githubUsers",
    ],
    [
      "of everybody",
      { ...dropping("auth.githubOrg"), "auth.allowedEmailDomains": "*" },
      'auth.allowedEmailDomains: "*" lets everybody in who has an account there: set auth.githubOrg, auth.githubTeams or auth.githubUsers besides, or name the domains',
    ],
    [
      "of everybody by OIDC, though one address is named",
      { ...OIDC, "auth.allowedGroups": "", "auth.allowedEmailDomains": "*", "auth.allowedEmails": "ann@example.org" },
      'auth.allowedEmailDomains: "*" lets everybody in who has an account there: set auth.allowedGroups besides, or name the domains',
    ],
    ["of all of an organisation", { "auth.allowedEmailDomains": "*" }],
    [
      "by OIDC without an issuer",
      { ...OIDC, "auth.issuer": "" },
      "auth.issuer: is missing with auth.provider oidc: `pulumi config set auth.issuer https://…`",
    ],
    [
      "by OIDC with cookies",
      { ...OIDC, "auth.sessionStore": "cookie" },
      "auth.sessionStore: the tokens of OIDC do not fit into cookies: use redis, or leave it out",
    ],
    ["by an unknown provider", { "auth.provider": "gitlab" }, "auth.provider: must be one of: github, oidc"],
    [
      "with the restrictions of the other provider",
      { ...OIDC, "auth.githubOrg": "acme" },
      "auth.githubOrg: has no effect with auth.provider oidc: remove it, or set auth.provider to github",
    ],
    [
      "of teams without their organisation",
      { ...dropping("auth.githubOrg"), "auth.githubTeams": "acme:web, platform" },
      "auth.githubTeams: without auth.githubOrg each is <organisation>:<slug>, and platform is not",
    ],
    [
      "of teams with two organisations",
      { "auth.githubTeams": "acme:web, platform" },
      "auth.githubTeams: beside auth.githubOrg each is a slug alone, and acme:web is not",
    ],
    [
      "of users that keep the team out",
      { ...dropping("auth.githubOrg"), "auth.githubTeams": "acme:web", "auth.githubUsers": "octocat" },
      "auth.githubUsers: would keep the members of auth.githubTeams out, unless auth.githubOrg names their organisation",
    ],
    [
      "of what is no address",
      { "auth.allowedEmails": "ann@example.org, bob", "auth.allowedEmailDomains": "@example.org" },
      'auth.allowedEmails: "bob" must be an e-mail address',
      'auth.allowedEmailDomains: "@example.org" must be a domain such as example.org, or "*"',
    ],
    ...["__Host-sso", "ocr_sso", "a b", "x".repeat(65), "sso;"].map((name): Case => [
      `with the cookie ${name}`,
      { "auth.cookieName": name },
      "auth.cookieName: must be up to 64 letters, digits, _ and -, and not start with __Host- (a cookie of all hosts) or ocr_ (the router's own)",
    ]),
    ["for no time", { "auth.cookieExpire": "0h" }, "auth.cookieExpire: must be a duration such as 168h or 50m"],
    [
      "that is renewed after its end",
      { ...OIDC, "auth.cookieExpire": "1h", "auth.cookieRefresh": "60m" },
      "auth.cookieRefresh: 60m must be shorter than auth.cookieExpire, 1h",
    ],
    [
      "with a Redis that nobody asks",
      { "auth.sessionStore": "cookie", "auth.redisUrl": "redis://redis:6379" },
      "auth.redisUrl: has no effect with auth.sessionStore cookie: remove it, or set auth.sessionStore to redis",
    ],
  ]);
});
