import { durationSeconds } from "./plain-kinds.ts";
import { setCommand, type KeyValues } from "./keys.ts";
import { rule, type Rule } from "./rule.ts";
import type { AuthSettings } from "./settings.ts";

const DEFAULT_SCOPES = { github: "user:email read:org", oidc: "openid profile email offline_access" } as const;

/** Where everybody gets an address. */
const PUBLIC_MAIL = new Set(
  "gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com icloud.com proton.me protonmail.com gmx.de gmx.net web.de".split(
    " ",
  ),
);

const storeOf = (values: Pick<KeyValues, "auth.provider" | "auth.sessionStore">): "cookie" | "redis" =>
  (values["auth.sessionStore"] as "cookie" | "redis" | undefined) ??
  (values["auth.provider"] === "oidc" ? "redis" : "cookie");

export function composeAuth(values: KeyValues): AuthSettings {
  const isGithub = values["auth.provider"] === "github";
  return {
    provider: isGithub
      ? {
          kind: "github",
          org: values["auth.githubOrg"],
          teams: values["auth.githubTeams"],
          users: values["auth.githubUsers"],
        }
      : { kind: "oidc", issuer: values["auth.issuer"] ?? "", groups: values["auth.allowedGroups"] },
    clientId: values["auth.clientId"],
    clientSecret: values["auth.clientSecret"],
    allowedEmails: values["auth.allowedEmails"],
    allowedEmailDomains: values["auth.allowedEmailDomains"],
    scopes: values["auth.scopes"] ?? DEFAULT_SCOPES[isGithub ? "github" : "oidc"],
    cookieName: values["auth.cookieName"] ?? `__Secure-${values.name}`,
    cookieExpire: values["auth.cookieExpire"],
    cookieRefresh: values["auth.cookieRefresh"],
    sessionStore:
      storeOf(values) === "cookie"
        ? { kind: "cookie" }
        : { kind: "redis", server: values["auth.redisUrl"] ?? "deploy" },
    replicas: values["auth.replicas"],
  };
}

const isSome = (entries: string | readonly unknown[] | undefined): boolean => (entries?.length ?? 0) > 0;

export const AUTH_RULES: readonly Rule[] = [
  rule(
    [
      "auth.provider",
      "auth.allowedEmails",
      "auth.allowedEmailDomains",
      "auth.githubOrg",
      "auth.githubTeams",
      "auth.githubUsers",
      "auth.allowedGroups",
    ],
    (values) => {
      const isGithub = values["auth.provider"] === "github";
      const byProvider = isGithub
        ? [values["auth.githubOrg"], values["auth.githubTeams"], values["auth.githubUsers"]].some(isSome)
        : isSome(values["auth.allowedGroups"]);
      const domains = values["auth.allowedEmailDomains"];
      const who = isGithub ? "auth.githubOrg, auth.githubTeams or auth.githubUsers" : "auth.allowedGroups";
      return [
        domains.includes("*") &&
          !byProvider &&
          `auth.allowedEmailDomains: "*" lets everybody in who has an account there: set ${who} besides, or name the domains`,
        !byProvider &&
          !isSome(domains) &&
          !isSome(values["auth.allowedEmails"]) &&
          `auth.allowedEmails: nobody may sign in: set it, auth.allowedEmailDomains, ${who}`,
      ];
    },
  ),
  rule(["auth.provider", "auth.githubOrg", "auth.githubTeams", "auth.githubUsers"], (values) => {
    if (values["auth.provider"] !== "github") return [];
    const org = values["auth.githubOrg"];
    const teams = values["auth.githubTeams"];
    const wrong = teams.filter((team) => team.includes(":") === (org !== undefined));
    return [
      wrong.length > 0 &&
        (org === undefined
          ? `auth.githubTeams: without auth.githubOrg each is <organisation>:<slug>, and ${wrong.join(", ")} is not`
          : `auth.githubTeams: beside auth.githubOrg each is a slug alone, and ${wrong.join(", ")} is not`),
      // oauth2-proxy then refuses everybody else before it looks at the teams.
      isSome(values["auth.githubUsers"]) &&
        isSome(teams) &&
        org === undefined &&
        "auth.githubUsers: would keep the members of auth.githubTeams out, unless auth.githubOrg names their organisation",
    ];
  }),
  rule(["auth.provider", "auth.issuer"], (values) => [
    values["auth.provider"] === "oidc" &&
      values["auth.issuer"] === undefined &&
      `auth.issuer: is missing with auth.provider oidc: \`${setCommand("auth.issuer", "https://…")}\``,
  ]),
  rule(["auth.provider", "auth.sessionStore"], (values) => [
    values["auth.provider"] === "oidc" &&
      storeOf(values) === "cookie" &&
      "auth.sessionStore: the tokens of OIDC do not fit into cookies: use redis, or leave it out",
  ]),
  rule(["auth.cookieExpire", "auth.cookieRefresh"], (values) => {
    const refresh = values["auth.cookieRefresh"];
    return [
      refresh !== undefined &&
        durationSeconds(refresh) >= durationSeconds(values["auth.cookieExpire"]) &&
        `auth.cookieRefresh: ${refresh} must be shorter than auth.cookieExpire, ${values["auth.cookieExpire"]}`,
    ];
  }),
];

export const authWarnings = (values: KeyValues): string[] =>
  values["auth.allowedEmailDomains"]
    .filter((domain) => PUBLIC_MAIL.has(domain))
    .map((domain) => `auth.allowedEmailDomains: everybody can have an address of ${domain}, so everybody may sign in`);
