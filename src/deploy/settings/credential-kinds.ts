import { z } from "zod";
import type { Kind } from "./key.ts";
import { optional, UUID } from "./plain-kinds.ts";
import { SecretText } from "../../contracts/secret-text.ts";

/** What connects the cluster to Cloudflare, and the tunnel that it names. */
export interface TunnelAccess {
  readonly secret: SecretText;
  readonly id: string;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    // The caller says what it should have been.
    return {};
  }
}

const access = (id: unknown, others: readonly unknown[], text: string): TunnelAccess | undefined =>
  typeof id === "string" && UUID.test(id) && others.every((one) => typeof one === "string" && one !== "")
    ? { secret: new SecretText(text), id: id.toLowerCase() }
    : undefined;

const tunnel = (read: (text: string) => TunnelAccess | undefined, error: string): Kind<TunnelAccess | undefined> =>
  optional(
    z.string().transform((text, context): TunnelAccess => {
      const found = read(text);
      if (found) return found;
      context.addIssue(error);
      return z.NEVER;
    }),
  );

/** Base64 of `{a: account, t: tunnel, s: secret}`. */
export const tunnelToken = tunnel((text) => {
  const { a, t, s } = parseObject(Buffer.from(text, "base64").toString("utf8"));
  return access(t, [a, s], text);
}, "is not a tunnel's token: copy what stands after --token on the tunnel's page of Cloudflare, which decodes to the tunnel's UUID");

export const tunnelCredentials = tunnel((text) => {
  const { AccountTag, TunnelID, TunnelSecret } = parseObject(text);
  return access(TunnelID, [AccountTag, TunnelSecret], text);
}, "is not a credentials file: give the JSON that `cloudflared tunnel create` wrote, with AccountTag, TunnelSecret and TunnelID");

/** Credentials of registries, as `docker login` writes them. */
export const dockerConfig: Kind<SecretText | undefined> = optional(
  z
    .string()
    .refine((text) => Object.keys(parseObject(JSON.stringify(parseObject(text)["auths"] ?? null))).length > 0, {
      error: 'must be the content of a Docker config.json, with "auths"',
    })
    .transform((text) => new SecretText(text)),
);

const isPem = (text: string, what: string): boolean =>
  new RegExp(`^-----BEGIN (?:[A-Z]+ )?${what}-----\\n[\\s\\S]+-----END (?:[A-Z]+ )?${what}-----$`).test(text);

export const certificatePem: Kind<string | undefined> = optional(
  z.string().refine((text) => isPem(text, "CERTIFICATE"), { error: "must be a certificate in PEM, with its chain" }),
);
export const keyPem: Kind<SecretText | undefined> = optional(
  z
    .string()
    .refine((text) => isPem(text, "PRIVATE KEY"), { error: "must be a private key in PEM, without a passphrase" })
    .transform((text) => new SecretText(text)),
);
