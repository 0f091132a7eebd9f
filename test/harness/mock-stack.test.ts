import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { expect, test } from "vitest";
import { isMarked, markedBytes } from "./marked-secrets.ts";
import { mockStack } from "./mock-stack.ts";

class Part extends pulumi.ComponentResource {
  constructor(name: string) {
    super("test:Part", name);
    const bytes = new random.RandomBytes("key-one", { length: 32 }, { parent: this, protect: true });
    const first = new kubernetes.core.v1.Namespace("first", { metadata: { name: "first" } }, { parent: this });
    new kubernetes.core.v1.ConfigMap(
      "second",
      {
        metadata: { name: "second", namespace: first.metadata.name, annotations: { plain: "a", hidden: bytes.base64 } },
        data: pulumi.secret({ file: "b" }),
      },
      { parent: this, retainOnDelete: true, ignoreChanges: ["data"], dependsOn: [bytes] },
    );
    this.registerOutputs({ key: bytes.base64, open: "c" });
  }
}

const stack = () =>
  mockStack(() => {
    new Part("part");
    void pulumi.log.warn("Mind the gap.");
    return { secret: pulumi.secret("d"), plain: pulumi.output({ list: ["e"] }) };
  });

test("what a program registers is captured with its inputs, its place and its options", async () => {
  const { resources, warnings, errors } = await stack();
  const [part, bytes, first, second] = ["part", "key-one", "first", "second"].map((name) =>
    resources.find((one) => one.name === name),
  );
  expect(resources).toHaveLength(4);
  expect(part).toMatchObject({ type: "test:Part", custom: false, parent: "" });
  expect(bytes).toMatchObject({ inputs: { length: 32 }, options: { protect: true }, parent: part?.urn });
  expect(second).toMatchObject({
    type: "kubernetes:core/v1:ConfigMap",
    custom: true,
    inputs: { metadata: { namespace: "first", annotations: { plain: "a" } }, data: { file: "b" } },
    options: { protect: false, retainOnDelete: true, ignoreChanges: ["data"] },
  });
  expect(second?.options.dependencies).toEqual(expect.arrayContaining([bytes?.urn, first?.urn]));
  expect(second?.asked).toBeGreaterThan(bytes?.there ?? Number.NaN);
  expect(first?.asked).toBeLessThan(bytes?.there ?? Number.NaN);
  expect(warnings).toEqual([expect.stringContaining("Mind the gap.")]);
  expect(errors).toEqual([]);
});

test("what was in an envelope is known, in inputs as in outputs", async () => {
  const { resources, outputs } = await stack();
  expect(resources.find(({ name }) => name === "second")?.secretPaths).toEqual([
    ["data"],
    ["metadata", "annotations", "hidden"],
  ]);
  expect(outputs).toEqual([
    {
      of: expect.stringContaining("part"),
      outputs: { key: markedBytes("key-one"), open: "c" },
      secretPaths: [["key"]],
      dependencies: [],
    },
    { of: "", outputs: { secret: "d", plain: { list: ["e"] } }, secretPaths: [["secret"]], dependencies: [] },
  ]);
});

test("random bytes are 32, the same each time and different for each name, and show wherever they turn up", () => {
  const value = markedBytes("edge-secret-1");
  expect(Buffer.from(value, "base64")).toHaveLength(32);
  expect(value).toMatch(/\+.*=$/);
  expect(value).toContain("/");
  expect(markedBytes("edge-secret-1")).toBe(value);
  expect(markedBytes("edge-secret-2")).not.toBe(value);
  const urlAlphabet = value.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const hidden = ["", "a", "ab"].map((before) => Buffer.from(`${before}${value}`).toString("base64"));
  const bytes = Buffer.from(value, "base64").toString("hex");
  for (const text of [value, urlAlphabet, bytes, Buffer.from(value).toString("hex"), ...hidden])
    expect(isMarked(`x ${text} y`), text).toBe(true);
  expect(isMarked("a text about leaks")).toBe(false);
});

test("what a program throws is thrown", async () => {
  await expect(
    mockStack(() => {
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
});
