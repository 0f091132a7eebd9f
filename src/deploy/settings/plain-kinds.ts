import { isIP } from "node:net";
import { z } from "zod";
import { parseEmail, type Email } from "../../contracts/email.ts";
import type { Kind } from "./key.ts";
import { QUANTITY } from "./quantity.ts";
import { SecretText } from "../../contracts/secret-text.ts";

type Text<T> = z.ZodType<T, string>;
const kind = <T>(schema: Text<T>, absent: T): Kind<T> => ({ type: "string", schema, absent });

/** Any text of this schema, with a default. */
export const text = (fallback: string, schema: Text<string> = z.string()): Kind<string> => kind(schema, fallback);
export const optional = <T>(schema: Text<T>): Kind<T | undefined> => kind<T | undefined>(schema, undefined);
export const secretText = (schema: Text<string> = z.string()): Kind<SecretText | undefined> =>
  optional(schema.transform((value) => new SecretText(value)));

const matching = (pattern: RegExp, error: string) => z.string().regex(pattern, { error });

export const integer = (fallback: number, min: number, max: number): Kind<number> => ({
  type: "integer",
  absent: fallback,
  schema: z
    .string()
    .refine((value) => /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number),
});

export const flag = (fallback: boolean): Kind<boolean> => ({
  type: "boolean",
  absent: fallback,
  schema: z.enum(["true", "false"], { error: "must be true or false" }).transform((value) => value === "true"),
});

export const oneOf = <const T extends readonly [string, ...string[]]>(
  values: T,
  fallback: T[number],
): Kind<T[number]> => kind(choice(values), fallback);
export const choice = <const T extends readonly [string, ...string[]]>(values: T): Text<T[number]> =>
  z.string().transform((value, context): T[number] => {
    if (values.includes(value)) return value;
    context.addIssue(`must be one of: ${values.join(", ")}`);
    return z.NEVER;
  });

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
/** Not an address: the last label of a name is no number. */
const FULL_NAME = new RegExp(`^(?=.{1,253}$)(?:${LABEL}\\.)+(?!\\d+$)${LABEL}$`);

export const domainName = matching(
  FULL_NAME,
  "must be a full domain in lower case such as example.org: no scheme, port, path or wildcard, no label over 63 characters",
);
export const hostOrLabel = z.string().refine((value) => new RegExp(`^${LABEL}$`).test(value) || FULL_NAME.test(value), {
  error: "must be one label such as code, or a full host name, in lower case and without scheme or port",
});

/** Longest names that are made of it: `<name>-router-internal` and the like. */
export const prefix = matching(
  /^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/,
  "must be up to 32 lower-case letters, digits and hyphens, from a letter to a letter or digit",
);
/** Of an object of Kubernetes. */
export const objectName = matching(
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/,
  "must be the name of a Kubernetes object: lower-case letters, digits, hyphens and dots",
);
export const namespaceName = matching(
  new RegExp(`^${LABEL}$`),
  "must be the name of a namespace: up to 63 lower-case letters, digits and hyphens",
);

/** Their content changes below a tag that stays. */
const FLOATING = new Set(["latest", "stable", "edge", "main", "master", "nightly", "dev"]);
const IMAGE = /^(?:[\w.-]+(?::\d{1,5})?\/)?[a-z0-9._/-]+?(?::([\w][\w.-]{0,127}))?(@sha256:[a-f0-9]{64})?$/;
export const image = z.string().superRefine((value, context) => {
  const match = IMAGE.exec(value);
  const [, tag, digest] = match ?? [];
  if (!match) context.addIssue("must be an image such as registry.example.org/router:1.2.3");
  else if (digest === undefined && tag === undefined)
    context.addIssue("needs a tag or a digest: …:1.2.3 or …@sha256:…");
  else if (digest === undefined && FLOATING.has(tag ?? ""))
    context.addIssue(`the tag ${tag} names another image tomorrow: use the tag of a version, or a digest`);
});
export const imageTag = matching(/^\w[\w.-]{0,127}$/, "must be the tag of an image such as 1.2.3").refine(
  (tag) => !FLOATING.has(tag),
  { error: "names another image tomorrow: use the tag of a version" },
);
export const registry = matching(
  /^[\w.-]+(?::\d{1,5})?(?:\/[a-z0-9._-]+)*$/,
  "must be what the images' names begin with, such as ghcr.io/acme",
);

export const httpsUrl = z.string().refine((value) => /^https:\/\/[^@?#\s]+$/.test(value) && URL.canParse(value), {
  error: "must be an https URL without credentials, query or fragment",
});
/** Without TLS where it cannot leave this machine or the cluster. */
export const serviceUrl = z
  .string()
  .refine((value) => /^https?:\/\/[^/@?#\s]+\/?$/.test(value) && URL.canParse(value), {
    error: "must be the address of a Service, such as http://traefik.traefik.svc.cluster.local:80",
  });
export const fetchUrl = z
  .string()
  .refine(
    (value) =>
      /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/])[^@#\s]*$/.test(value) && URL.canParse(value),
    { error: "must be an https URL without credentials or fragment" },
  );
/** `protocols` as in `postgres://`, without the slashes. */
export const databaseUrl = (...protocols: readonly string[]) =>
  z
    .string()
    .refine((value) => protocols.some((protocol) => value.startsWith(`${protocol}://`)) && URL.canParse(value), {
      error: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}://`).join(" or ")}`,
    });

const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };
export const durationSeconds = (text: string): number =>
  [...text.matchAll(/(\d+)([hms])/g)].reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (UNITS[unit] ?? 0),
    0,
  );
export const duration = z.string().refine((value) => /^(?:\d{1,9}[hms])+$/.test(value) && durationSeconds(value) > 0, {
  error: "must be a duration such as 168h or 50m",
});

/** oauth2-proxy adds `_0` or `_csrf_<8 characters>` to it; browsers refuse `__Host-` with a domain. */
export const cookieName = matching(
  /^(?!__Host-)(?!ocr_)[A-Za-z0-9_-]{1,64}$/,
  "must be up to 64 letters, digits, _ and -, and not start with __Host- (a cookie of all hosts) or ocr_ (the router's own)",
);

export const emailAddress = z.string().transform((value, context): Email => {
  const parsed = parseEmail(value);
  if (parsed) return parsed;
  context.addIssue("must be an e-mail address");
  return z.NEVER;
});
export const emailDomain = z
  .string()
  .transform((value) => value.toLowerCase())
  .refine((value) => value === "*" || FULL_NAME.test(value), {
    error: 'must be a domain such as example.org, or "*"',
  });

export const isCidr = (text: string): boolean => {
  const [, network = "", length = ""] = /^(.+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(network);
  return version !== 0 && !network.includes("%") && Number(length) <= (version === 4 ? 32 : 128);
};
export const cidr = z.string().refine(isCidr, { error: "must be a range such as 10.0.0.0/8 or fd00::/8" });
export const port = matching(/^[1-9]\d{0,4}$/, "must be a port from 1 to 65535")
  .refine((value) => Number(value) <= 65_535, { error: "must be a port from 1 to 65535" })
  .transform(Number);

export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** A scheme that git clones from. */
export const repository = matching(
  /^(?:https?:\/\/|ssh:\/\/|git@)[^\s@]+$/,
  "must be the URL of a repository such as https://github.com/acme/shop",
);
export const gitHost = matching(/^[a-z0-9.-]+(?::\d{1,5})?$/i, "must be host or host:port, without scheme or path");
export const word = matching(/^\S+$/, "must not have spaces");
/** A token is sent there, so plain http is for this machine only. */
export const restApi = z
  .string()
  .refine(
    (value) =>
      /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/])[^@?#\s]*$/.test(value) && URL.canParse(value),
    { error: "must be an https URL without credentials, query or fragment" },
  );
export const quantity = z
  .string()
  .refine((value) => QUANTITY.test(value), { error: "must be a quantity such as 10Gi" });
export const longSecret = matching(/^\S{16,}$/, "must have at least 16 characters, and no space");
export const scopes = matching(/^\S+(?: \S+)*$/, "must be scopes, separated by single spaces");
export const githubName = matching(
  /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/,
  "must be a name on GitHub: letters, digits and hyphens",
);
export const githubTeam = matching(
  /^(?:[A-Za-z0-9][A-Za-z0-9-]{0,38}:)?[a-z0-9_-]+$/,
  "must be the slug of a team such as platform, or acme:platform",
);
