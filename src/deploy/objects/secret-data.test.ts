import { expect, test } from "vitest";
import { mockPart } from "../../../test/harness/mock-part.ts";
import { secretData } from "./secret-data.ts";

test("texts become the data of a Secret, which is secret whatever they were, without those that are not there", async () => {
  const { result, isSecret } = await mockPart(() => secretData({ A: "a", B: undefined, "c.json": "{}" }));
  expect(result).toEqual({ A: "YQ==", "c.json": "e30=" });
  expect(isSecret).toBe(true);
});
