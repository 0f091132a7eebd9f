import { existsSync, readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import packages from "../package.json" with { type: "json" };
import { SESSION_VARIABLES } from "../src/contracts/session-variables.ts";

const images = new URL("../images/", import.meta.url);
const dockerfiles = readdirSync(images)
  .map((name) => ({ name, file: new URL(`${name}/Dockerfile`, images) }))
  .filter(({ file }) => existsSync(file))
  .map(({ name, file }) => ({ name, text: readFileSync(file, "utf8") }));

describe.each(dockerfiles)("images/$name/Dockerfile", ({ text }) => {
  test("stands on nothing but one exact base, which an argument replaces", () => {
    expect(text).toMatch(/^ARG BASE_IMAGE=node:\d+\.\d+\.\d+-bookworm-slim$/m);
    const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(new Set(bases)).toEqual(new Set(["${BASE_IMAGE}"]));
  });

  test("leaves the version of opencode to package.json", () => {
    expect(text).not.toContain(packages.dependencies["opencode-ai"]);
  });

  test("starts below an init process, as user 1000", () => {
    expect(text).toMatch(/^USER 1000:1000$/m);
    expect(text).toMatch(/^ENTRYPOINT \["\/usr\/bin\/tini", "--", /m);
  });
});

test("all images stand on the same base", () => {
  const bases = dockerfiles.map(({ text }) => /^ARG BASE_IMAGE=(.*)$/m.exec(text)?.[1]);
  expect(new Set(bases).size).toBe(1);
});

describe("the session image's environment", () => {
  const text = dockerfiles.find(({ name }) => name === "opencode")?.text ?? "";
  const block = /^ENV ((?:.*\\\n)*.*)$/m.exec(text)?.[1] ?? "";
  const variables = new Map([...block.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]));

  test("has only names that nobody's secret may have, besides npm's", () => {
    expect(variables.size).toBeGreaterThan(5);
    const others = [...variables.keys()].filter((name) => !(SESSION_VARIABLES as readonly string[]).includes(name));
    expect(others).toEqual(["NPM_CONFIG_PREFIX"]);
  });

  test("names a baked configuration that is there", () => {
    const path = variables.get("BAKED_CONFIG")?.replace("/opt/opencode-router/", "opencode/rootfs/") ?? "";
    expect(existsSync(new URL(path, images)), path).toBe(true);
  });
});
