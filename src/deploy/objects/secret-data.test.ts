import { expect, test } from "vitest";
import { deployed } from "../../../test/harness/deployed.ts";
import { secretData } from "./secret-data.ts";

test("texts become the data of a Secret, which is secret whatever they were, without those that are not there", async () => {
  const { result, isSecret } = await deployed(() => secretData({ A: "a", B: undefined, "c.json": "{}" }));
  expect(result).toEqual({ A: "YQ==", "c.json": "e30=" });
  expect(isSecret).toBe(true);
});
