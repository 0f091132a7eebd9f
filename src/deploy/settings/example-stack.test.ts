import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { kindOf, missingKeys, StackConfig } from "../stack/stack-config.ts";
import { KEYS, PROJECT } from "./keys.ts";
import { readSettings, SettingsError } from "./read-settings.ts";

const FILE = new URL("../../../Pulumi.dev.yaml", import.meta.url);
const README = new URL("../../../README.md", import.meta.url);

interface Stack {
  readonly config: Readonly<Record<string, unknown>>;
}
const stack = (): Stack => parse(readFileSync(FILE, "utf8")) as Stack;

/** As Pulumi passes them to a program. */
const texts = ({ config }: Stack): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  );

const pem = (what: string) => `-----BEGIN ${what}-----\nMIIB\n-----END ${what}-----\n`;
/** What the README's commands for a local cluster set. */
const OWN: Readonly<Record<string, string>> = {
  [`${PROJECT}:tls.certificate`]: pem("CERTIFICATE"),
  [`${PROJECT}:tls.key`]: pem("PRIVATE KEY"),
  [`${PROJECT}:auth.clientId`]: "Iv1.0123456789abcdef",
  [`${PROJECT}:auth.clientSecret`]: "0123456789abcdef",
  [`${PROJECT}:auth.allowedEmails`]: "you@example.org",
};
const SECRETS = new Set([`${PROJECT}:tls.key`, `${PROJECT}:auth.clientSecret`]);

test("the example stack works once its operator's own values are set", () => {
  const settings = readSettings({ ...texts(stack()), ...OWN }, SECRETS);
  expect(settings.entrance).toMatchObject({
    kind: "service",
    type: "NodePort",
    nodePort: 30_443,
    tls: { kind: "pem" },
  });
  expect(settings.images.router).toBe("localhost/opencode-router/router:0.1.0");
  expect(settings.hosts.mainHost).toBe("code.opencode.localhost");
  expect(settings.database.kind).toBe("embedded");
});

test("nothing but those values is missing, and each missing one is told", () => {
  let problems: readonly string[] = [];
  try {
    readSettings(texts(stack()), new Set());
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    problems = error.problems;
  }
  const named = problems.map((problem) => problem.slice(0, problem.indexOf(":")));
  expect(named).toEqual(["auth.clientId", "auth.clientSecret", "auth.allowedEmails", "tls.secretName"]);
});

test("the example stack holds no secret", () => {
  const { config, ...others } = stack();
  expect(others).toEqual({});
  for (const [name, key] of Object.entries(KEYS))
    if ("secret" in key) expect(config, name).not.toHaveProperty([`${PROJECT}:${name}`]);
  expect(readFileSync(FILE, "utf8")).not.toMatch(/secure:|encryptionsalt|encryptedkey/);
});

test("every key that the README sets exists, secrets with --secret, and `make init` asks for the others", () => {
  const commands = [...readFileSync(README, "utf8").matchAll(/pulumi config set (--secret )?([\w.]+)/g)];
  for (const [, secret, name = ""] of commands) {
    expect(KEYS, name).toHaveProperty([name]);
    expect("secret" in KEYS[name as keyof typeof KEYS], name).toBe(secret !== undefined);
  }
  const shown = Object.entries(texts(stack())).map(([name, value]) => [name, { value, secret: false }] as const);
  const asked = missingKeys(new StackConfig(Object.fromEntries(shown)));
  expect(asked).toEqual(["auth.clientId", "auth.clientSecret", "auth.githubOrg", "tls.certificate", "tls.key"]);
  for (const name of asked.filter((name) => kindOf(name) === "file"))
    expect(commands.map(([, , key]) => key)).toContain(name);
});
