import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { mockPart } from "./mock-part.ts";

const SECRET = "a text that nobody may see";

const makeObjects = () => {
  const account = new kubernetes.core.v1.ServiceAccount("account", { metadata: { name: "first" } });
  const data = { key: pulumi.secret(SECRET), open: "" };
  const metadata = { name: "second", namespace: account.metadata.name };
  const map = new kubernetes.core.v1.ConfigMap("key", { metadata, data }, { protect: true });
  new kubernetes.core.v1.ConfigMap("other", { metadata: { name: "third" } });
  return pulumi.secret(map.metadata.name);
};

test("what there is can be asked for by its kind, and by its name where there are more", async () => {
  const part = await mockPart(makeObjects);
  expect(part.list).toEqual(["core/v1:ConfigMap second", "core/v1:ConfigMap third", "core/v1:ServiceAccount first"]);
  expect(part.one("ServiceAccount")).toBe(part.one("core/v1:ServiceAccount", "first"));
  expect(part.one("ConfigMap", "second").options).toMatchObject({ protect: true, retainOnDelete: false });
  expect(part.has("ConfigMap")).toBe(true);
  expect(part.has("ServiceAccount", "second")).toBe(false);
  expect(() => part.one("ConfigMap")).toThrow("2 of ConfigMap");
  expect(() => part.one("Account")).toThrow("0 of Account");
});

test("what a resource waits for is there before it", async () => {
  const part = await mockPart(makeObjects);
  expect(part.one("ConfigMap", "second").after).toEqual(["core/v1:ServiceAccount first"]);
  expect(part.one("ConfigMap", "third").after).toEqual([]);
});

test("a secret is known to a test and shown to nobody", async () => {
  const part = await mockPart(makeObjects);
  expect(part.textsOf("ConfigMap", "second")).toEqual({ key: SECRET, open: "" });
  expect(part.one("ConfigMap", "second").shown["data"]).toEqual({ key: "[secret]", open: "" });
  expect(part.mentions(SECRET)).toBe(false);
  expect(part.mentions("second")).toBe(true);
});

test.each<[string, () => unknown]>([
  ["an input", () => new kubernetes.core.v1.ConfigMap("map", { data: { key: SECRET } })],
  [
    "an input in base64",
    () => new kubernetes.core.v1.ConfigMap("map", { data: { k: Buffer.from(SECRET).toString("base64") } }),
  ],
  ["a warning", () => pulumi.log.warn(SECRET)],
])("a text in %s is mentioned", async (_where, make) => {
  const part = await mockPart(() => void make());
  expect(part.mentions(SECRET)).toBe(true);
});

test("a text in the result is mentioned where the result is no secret", async () => {
  expect((await mockPart(() => SECRET)).mentions(SECRET)).toBe(true);
  expect((await mockPart(() => pulumi.secret(SECRET))).mentions(SECRET)).toBe(false);
});

test("the result is told with what it came from", async () => {
  const part = await mockPart(makeObjects);
  expect({ result: part.result, isSecret: part.isSecret, dependsOn: part.dependsOn }).toEqual({
    result: "second",
    isSecret: true,
    dependsOn: ["key"],
  });
  expect(await mockPart(() => undefined)).toMatchObject({ result: undefined, isSecret: false, dependsOn: [] });
});

test("what a former deployment left is kept where changes are ignored, and nowhere else", async () => {
  const make = (text: string, ignoreChanges: string[]) => () => {
    const metadata = { name: "map", annotations: { "a.b/c": text, d: text } };
    return new kubernetes.core.v1.ConfigMap("map", { metadata, data: { text } }, { ignoreChanges }).data;
  };
  const { stack: before } = await mockPart(make("old", []));
  const after = await mockPart(make("new", ["data", 'metadata.annotations["a.b/c"]', "immutable"]), { before });
  expect(after.one("ConfigMap").inputs).toMatchObject({
    metadata: { annotations: { "a.b/c": "old", d: "new" } },
    data: { text: "old" },
  });
  expect(after.result).toEqual({ text: "old" });
  expect((await mockPart(make("new", []), { before })).result).toEqual({ text: "new" });
});

test("an error that is logged is thrown", async () => {
  await expect(mockPart(() => void pulumi.log.error("It is broken."))).rejects.toThrow("It is broken.");
});
