import { expect, test } from "vitest";
import type { Email } from "../../contracts/email.ts";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { FailureLimit } from "./failure-limit.ts";
import type { TokenGrant } from "./identify.ts";
import { bearerToken, TokenCheck } from "./token-check.ts";

test.each([
  ["Bearer ocr_abc", "ocr_abc"],
  ["bearer   ocr_abc", "ocr_abc"],
  ["Bearer another", undefined],
  ["Basic ocr_abc", undefined],
  ["Bearer ocr_a ocr_b", undefined],
  ["ocr_abc", undefined],
  [undefined, undefined],
])("of %j the token is %j", (header, token) => {
  expect(bearerToken(header)).toBe(token);
});

test("ten wrong tokens in a minute close the door to that address alone, also for a right one", async () => {
  const clock = new FakeClock();
  const grant: TokenGrant = { owner: "alice@example.org" as Email, scopes: ["read"] };
  const asked: string[] = [];
  const find = (token: string) => {
    asked.push(token);
    return Promise.resolve(token === "ocr_right" ? grant : undefined);
  };
  const tokens = new TokenCheck(find, new FailureLimit(clock));
  expect(await tokens.check("ocr_right", "203.0.113.1")).toEqual(grant);
  for (let guess = 0; guess < 10; guess += 1)
    expect(await tokens.check(`ocr_${guess}`, "203.0.113.1")).toMatchObject({ status: 401 });
  expect(await tokens.check("ocr_right", "203.0.113.1")).toMatchObject({ status: 429 });
  expect(asked).toHaveLength(11);
  expect(await tokens.check("ocr_right", "203.0.113.2")).toEqual(grant);
  await clock.pass(60_000);
  expect(await tokens.check("ocr_right", "203.0.113.1")).toEqual(grant);
});
