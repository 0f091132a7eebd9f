import { z } from "zod";
import { KEYS, PROJECT, setCommand, type KeyName } from "../settings/keys.ts";
import type { Key } from "../settings/key.ts";

/** What `pulumi config --json` tells: the defaults of Pulumi.yaml among the values, and no secret. */
const Shown = z.record(z.string(), z.object({ value: z.string().optional(), secret: z.boolean().default(false) }));

/** The configuration of a stack, without its secrets. */
export class StackConfig {
  readonly #shown: z.infer<typeof Shown>;

  constructor(shown: z.infer<typeof Shown>) {
    this.#shown = shown;
  }

  /** @param json what `pulumi config --json` writes */
  static parse(json: string): StackConfig {
    return new StackConfig(Shown.parse(JSON.parse(json)));
  }

  /** The text of a key that is no secret; empty when it is not set. */
  text(name: KeyName): string {
    const text = (this.#shown[`${PROJECT}:${name}`]?.value ?? "").trim();
    return text === "[]" || text === "{}" ? "" : text;
  }

  isSet(name: KeyName): boolean {
    return this.#shown[`${PROJECT}:${name}`]?.secret === true || this.text(name) !== "";
  }

  /** All texts by their full names, as the settings are read from. */
  texts(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.#shown).map(([name, { value = "" }]) => [name, value]));
  }
}

const WHO_MAY = [
  "auth.githubOrg",
  "auth.githubTeams",
  "auth.githubUsers",
  "auth.allowedEmails",
  "auth.allowedEmailDomains",
  "auth.allowedGroups",
] as const satisfies readonly KeyName[];

/** Values of several lines, which nobody types. */
const FILES: Partial<Record<KeyName, string>> = {
  "tunnel.credentials": "credentials.json",
  "tls.certificate": "tls-certificate.pem",
  "tls.key": "tls-key.pem",
};

/** The keys without which no stack can be deployed, as far as they are not set, in the order of the README. */
export function missingKeys(config: StackConfig): readonly KeyName[] {
  const isOidc = config.text("auth.provider") === "oidc";
  const wanted: readonly (KeyName | false)[] = [
    "domain",
    isOidc && "auth.issuer",
    "auth.clientId",
    "auth.clientSecret",
    !WHO_MAY.some((name) => config.isSet(name)) && (isOidc ? "auth.allowedEmails" : "auth.githubOrg"),
    ...entranceKeys(config),
    !(config.isSet("images.router") && config.isSet("images.session")) && "images.registry",
  ];
  return wanted.filter((name): name is KeyName => name !== false && !config.isSet(name));
}

function entranceKeys(config: StackConfig): KeyName[] {
  const kind = config.text("tunnel.kind") || KEYS["tunnel.kind"].absent;
  if (kind === "token") return ["tunnel.token"];
  if (kind === "credentials") return ["tunnel.credentials"];
  const hasOwn = config.text("traefik.install") !== "false" && !config.isSet("tls.secretName");
  return hasOwn ? ["tls.certificate", "tls.key"] : [];
}

/** `file`: of several lines. `secret`: Pulumi asks for it, without showing it. */
export const kindOf = (name: KeyName): "text" | "secret" | "file" =>
  FILES[name] !== undefined ? "file" : "secret" in KEYS[name] ? "secret" : "text";

/** How a person sets a key by hand. */
export function commandFor(name: KeyName): string {
  const file = FILES[name];
  return file === undefined ? setCommand(name) : `${setCommand(name, "").trim()} < ${file}`;
}

/** What is wrong with the text of a key, if anything. */
export function problemOf(name: KeyName, text: string): string | undefined {
  const result = (KEYS[name] as Key).schema.safeParse(text);
  return result.success ? undefined : result.error.issues.map(({ message }) => message).join("; ");
}
