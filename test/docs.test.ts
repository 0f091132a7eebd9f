import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { SHARE_LEVELS } from "../src/contracts/share.ts";
import { pulumiProject, settingsTable as stackTable } from "../src/deploy/settings/document.ts";
import { API, HOSTS, PORT_HOSTS, ROLES, type Row, type Verdict } from "../src/router/access/table.ts";
import { SETTINGS, type Setting } from "../src/router/settings.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const README = `${ROOT}README.md`;

function settingsTable(): string {
  const rows = Object.entries(SETTINGS as Record<string, Setting>).map(([name, { schema, about, secret }]) => {
    const fallback = schema.parse(undefined);
    const isNone = fallback === undefined || (typeof fallback === "object" && Object.keys(fallback ?? {}).length === 0);
    const shown = isNone ? "" : `\`${typeof fallback === "object" ? JSON.stringify(fallback) : String(fallback)}\``;
    return `| \`${name}\`${secret ? " 🔒" : ""} | ${shown} | ${about} |`;
  });
  return ["| variable | default | what it does |", "| --- | --- | --- |", ...rows].join("\n");
}

const ACCESS = `${ROOT}docs/access.md`;
const show = (verdict: Verdict | undefined) => (verdict === "allow" ? "yes" : String(verdict));
const accessRow = (name: string, row: Row, scope = "") =>
  `| ${name} | ${ROLES.map((role) => show(row[role])).join(" | ")} | ${scope} |`;

function accessTable(): string {
  const hosts = Object.entries(HOSTS).map(([kind, row]) => accessRow(`${kind} host`, row));
  const ports = SHARE_LEVELS.map((level) => accessRow(`port host, level \`${level}\``, PORT_HOSTS[level]));
  const routes = Object.entries(API).map(([name, { row, scope }]) => accessRow(`\`${name}\``, row, scope ?? "sign in"));
  const head = ["entrance", "owner", "named in the share", "signed in", "admin", "nobody", "token scope"];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...hosts, ...ports, ...routes].join("\n");
}

test.each([
  { name: "settings in the README is the schema", file: README, mark: "settings", table: settingsTable },
  {
    name: "a stack's configuration in the README is the one that is read",
    file: README,
    mark: "stack",
    table: stackTable,
  },
  { name: "who may do what is the one that the router runs on", file: ACCESS, mark: "access", table: accessTable },
])("the table of $name", ({ file, mark, table }) => {
  const begin = `<!-- ${mark}: written by UPDATE_DOCS=1 npx vitest run test/docs.test.ts -->`;
  const end = `<!-- end of ${mark} -->`;
  const text = readFileSync(file, "utf8");
  const before = text.slice(0, text.indexOf(begin) + begin.length);
  const after = text.slice(text.indexOf(end));
  expect(before.endsWith(begin) && after.startsWith(end), "the file has the marks of the table").toBe(true);
  const written = `${before}\n\n${table()}\n\n${after}`;
  if (process.env.UPDATE_DOCS === "1") writeFileSync(file, written);
  // The formatter pads tables; only the content counts.
  const squeeze = (padded: string) => padded.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");
  expect(squeeze(readFileSync(file, "utf8"))).toBe(squeeze(written));
});

test("Pulumi.yaml declares the keys that are read, with their types and defaults", () => {
  const file = `${ROOT}Pulumi.yaml`;
  const head = "# Written by UPDATE_DOCS=1 npx vitest run test/docs.test.ts from src/deploy/settings.\n";
  if (process.env.UPDATE_DOCS === "1") writeFileSync(file, head + stringify(pulumiProject(), { lineWidth: 120 }));
  expect(parse(readFileSync(file, "utf8"))).toEqual(pulumiProject());
});

test("every make target of the README exists", () => {
  const targets = new Set(readFileSync(`${ROOT}Makefile`, "utf8").match(/^[a-z-]+(?=:)/gm));
  const named = [...readFileSync(README, "utf8").matchAll(/`make ([a-z-]+)`/g)].map(([, target = ""]) => target);
  expect(named.length).toBeGreaterThan(3);
  for (const target of named) expect(targets, `make ${target}`).toContain(target);
});

test("every folder of the README's map exists, and every folder of src is on it", () => {
  const readme = readFileSync(README, "utf8");
  const map = readme.slice(readme.indexOf("## Where things are"));
  for (const name of readdirSync(`${ROOT}src`)) expect(map, `src/${name}`).toContain(`src/${name}/`);
  for (const [, path = ""] of map.matchAll(/^(?:\| )?`((?:src|test|bench|docs|images|tools)\/[\w/-]*)`/gm))
    expect(() => readdirSync(ROOT + path), path).not.toThrow();
});

test("decisions are numbered without a gap", () => {
  const numbers = readdirSync(`${ROOT}docs/decisions`)
    .map((name) => Number(name.slice(0, 4)))
    .toSorted((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});
