import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readSource, type SourceImport } from "./harness/source-imports.ts";

/** What the files of a folder of src may import of src besides their own folder. `type:` is for types only. */
const ALLOWED: Record<string, readonly string[]> = {
  contracts: [],
  lib: ["contracts/"],
  web: ["contracts/"],
  deploy: ["contracts/"],
  sessiond: ["contracts/", "lib/", "../package.json"],
  runtimes: ["contracts/", "lib/", "type:sessions/store.ts"],
  sessions: ["contracts/", "lib/", "runtimes/runtime.ts"],
  people: ["contracts/", "lib/"],
  store: ["contracts/", "lib/", "type:sessions/store.ts", "type:people/store.ts"],
  router: ["contracts/", "lib/", "people/", "runtimes/", "sessions/", "store/", "../package.json"],
};

/** Packages that only some places may import; `node:` stands for all of Node's own modules. */
const CONFINED: readonly { readonly package: RegExp; readonly mayImport: RegExp }[] = [
  { package: /^node:/, mayImport: /^(?!contracts\/|web\/(?!vite\.config\.ts$))/ },
  { package: /^@kubernetes\/client-node(\/|$)/, mayImport: /^runtimes\/kubernetes\// },
  { package: /^@pulumi\//, mayImport: /^deploy\// },
  { package: /^(kysely|pg|libsql)(\/|$)/, mayImport: /^store\// },
  { package: /^(?!zod$|node:)/, mayImport: /^(?!contracts\/)/ },
];

const READS_ENVIRONMENT = /(^|\/)(main|config)\.ts$/;
const MEANINGLESS_NAMES = /^(utils|helpers|types|index)\.tsx?$/;

/** What is wrong with a file; its path is relative to src. */
function violations(file: string, source: string): string[] {
  const facts = readSource(file, source);
  const found = facts.imports.flatMap((one) => importViolation(file, one) ?? []);
  if (facts.readsEnvironment && !READS_ENVIRONMENT.test(file))
    found.push("process.env outside of main.ts and config.ts");
  if (MEANINGLESS_NAMES.test(basename(file))) found.push(`${basename(file)} says nothing about what is in it`);
  if (!Object.hasOwn(ALLOWED, topFolder(file))) found.push(`${topFolder(file)} is not a part of the system`);
  return found.map((text) => `${file}: ${text}`);
}

const topFolder = (path: string): string => path.split("/")[0] ?? "";

function importViolation(file: string, { specifier, typeOnly }: SourceImport): string | undefined {
  if (!specifier.startsWith(".")) {
    const name = builtinModules.includes(specifier) ? `node:${specifier}` : specifier;
    const confined = CONFINED.some((rule) => rule.package.test(name) && !rule.mayImport.test(file));
    return confined ? `imports ${specifier}` : undefined;
  }
  const target = posix.join(posix.dirname(file), specifier);
  if (topFolder(target) === topFolder(file)) return undefined;
  const allowed = (ALLOWED[topFolder(file)] ?? []).some((entry) =>
    entry.startsWith("type:") ? typeOnly && target === entry.slice("type:".length) : target.startsWith(entry),
  );
  return allowed ? undefined : `imports ${target}`;
}

const src = fileURLToPath(new URL("../src", import.meta.url));

/** Tests and contract suites may look at everything. */
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
  (file) => /\.tsx?$/.test(file) && !/\.(test|contract)\.tsx?$/.test(file),
);

test("every file keeps to the table of allowed imports", () => {
  expect(files.length).toBeGreaterThan(20);
  expect(files.flatMap((file) => violations(file, readFileSync(join(src, file), "utf8")))).toEqual([]);
});

describe("the rules notice", () => {
  test.each([
    ["contracts/x.ts", `import { a } from "../lib/clock.ts";`],
    ["contracts/x.ts", `import { readFileSync } from "node:fs";`],
    ["contracts/x.ts", `import { readFileSync } from "fs";`],
    ["contracts/x.ts", `import ts from "typescript";`],
    ["lib/x.ts", `import { a } from "../sessions/decide.ts";`],
    ["web/x.tsx", `import { a } from "../lib/clock.ts";`],
    ["web/state/x.ts", `import { a } from "../../router/config.ts";`],
    ["web/x.ts", `const path = await import("node:path");`],
    ["deploy/x.ts", `export * from "../router/config.ts";`],
    ["sessiond/x.ts", `import type { A } from "../runtimes/runtime.ts";`],
    ["runtimes/process/x.ts", `type A = import("../../sessions/registry.ts").SessionRegistry;`],
    ["sessions/x.ts", `import { a } from "../runtimes/process/folder.ts";`],
    ["sessions/x.ts", `import { openStore } from "../store/open-store.ts";`],
    ["store/x.ts", `import { a } from "../sessions/store.ts";`],
    ["store/x.ts", `import { type A, b } from "../sessions/store.ts";`],
    ["store/x.ts", `import type { A } from "../sessions/registry.ts";`],
    ["router/x.ts", `import { a } from "../sessiond/config.ts";`],
    ["router/x.ts", `import "../../test/harness/program.ts";`],
    ["router/x.ts", `import { Kysely } from "kysely";`],
    ["runtimes/process/x.ts", `import { KubeConfig } from "@kubernetes/client-node";`],
    ["router/x.ts", `import * as pulumi from "@pulumi/pulumi";`],
    ["router/x.ts", `const port = process.env.PORT;`],
    ["lib/x.ts", `const port = process["env"].PORT;`],
    ["lib/x.ts", `const { env } = process;`],
    ["lib/utils.ts", ``],
    ["router/api/index.ts", ``],
    ["misc/x.ts", ``],
  ])("%s with %s", (file, source) => {
    expect(violations(file, source)).toHaveLength(1);
  });

  test.each([
    ["contracts/x.ts", `import { z } from "zod"; import { a } from "./email.ts";`],
    ["web/vite.config.ts", `import { join } from "node:path";`],
    ["sessions/x.ts", `import type { Runtime } from "../runtimes/runtime.ts";`],
    ["store/x.ts", `import type { Store } from "../sessions/store.ts"; import { type A } from "../sessions/store.ts";`],
    ["runtimes/kubernetes/x.ts", `import { KubeConfig } from "@kubernetes/client-node";`],
    ["deploy/x.ts", `import * as pulumi from "@pulumi/pulumi";`],
    ["router/main.ts", `const env = process.env;`],
    ["lib/x.ts", `/* process.env */ const text = "import 'x'; process.env"; const process2 = { env: 1 }.env;`],
  ])("nothing in %s with %s", (file, source) => {
    expect(violations(file, source)).toEqual([]);
  });
});
