import { expect, test } from "vitest";
import { offered, repositoryAt } from "./repository-choice.ts";

const repository = (fullName: string) => ({
  fullName,
  url: `https://github.com/${fullName}.git`,
  private: false,
  defaultBranch: "main",
});
const [shop, tool, shopUi] = ["acme/Shop", "ada/tool", "acme/shop-ui"].map(repository);
const all = [shop, tool, shopUi].flatMap((one) => one ?? []);

test.each([
  ["", ["acme/Shop", "ada/tool", "acme/shop-ui"]],
  ["shop", ["acme/Shop", "acme/shop-ui"]],
  [" ADA/", ["ada/tool"]],
  ["https://github.com/acme/sh", ["acme/Shop", "acme/shop-ui"]],
  ["https://github.com/acme/shop.git", ["acme/Shop", "acme/shop-ui"]],
  ["nothing", []],
])("for %j are offered %j", (typed, names) => {
  expect(offered(all, typed).map(({ fullName }) => fullName)).toEqual(names);
});

test("a long list is cut", () => {
  const many = Array.from({ length: 500 }, (_, index) => repository(`a/r${index}`));
  expect(offered(many, "a/r")).toHaveLength(50);
});

test.each([
  ["https://github.com/acme/shop", "acme/Shop"],
  [" https://GitHub.com/acme/Shop.git/ ", "acme/Shop"],
  ["https://github.com/acme/shop-", undefined],
  ["acme/shop", undefined],
  ["", undefined],
])("%j is %s", (address, name) => expect(repositoryAt(all, address)?.fullName).toBe(name));
