import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { SETTINGS, type Setting } from "../src/router/settings.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const README = `${ROOT}README.md`;
const BEGIN = "<!-- settings: written by UPDATE_DOCS=1 npx vitest run test/docs.test.ts -->";
const END = "<!-- end of settings -->";

function settingsTable(): string {
  const rows = Object.entries(SETTINGS as Record<string, Setting>).map(([name, { schema, about, secret }]) => {
    const fallback = schema.parse(undefined);
    const shown = Array.isArray(fallback) || fallback === undefined ? "" : `\`${String(fallback)}\``;
    return `| \`${name}\`${secret ? " 🔒" : ""} | ${shown} | ${about} |`;
  });
  return ["| variable | default | what it does |", "| --- | --- | --- |", ...rows].join("\n");
}

test("the README's table of settings is the schema", () => {
  const readme = readFileSync(README, "utf8");
  const before = readme.slice(0, readme.indexOf(BEGIN) + BEGIN.length);
  const after = readme.slice(readme.indexOf(END));
  expect(before.endsWith(BEGIN) && after.startsWith(END), "the README has the marks of the table").toBe(true);
  const written = `${before}\n\n${settingsTable()}\n\n${after}`;
  if (process.env.UPDATE_DOCS === "1") writeFileSync(README, written);
  // The formatter pads tables; only the content counts.
  const squeeze = (text: string) => text.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");
  expect(squeeze(readFileSync(README, "utf8"))).toBe(squeeze(written));
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
