import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { readStack } from "./config.ts";
import { PROJECT } from "./settings/keys.ts";

test("a wrong configuration is an error of which Pulumi has nothing to tell but the message", () => {
  pulumi.runtime.setAllConfig({ [`${PROJECT}:domian`]: "example.org" });
  let thrown: unknown;
  try {
    readStack({});
  } catch (error) {
    thrown = error;
  }
  expect(pulumi.RunError.isInstance(thrown)).toBe(true);
  expect(thrown).toMatchObject({ message: expect.stringContaining("domian: is not known"), stack: "" });
});
