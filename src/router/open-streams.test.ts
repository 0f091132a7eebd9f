import { expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { OpenStreams } from "./open-streams.ts";

const session = (index: number) => index.toString(16).padStart(12, "0") as SessionHash;
const person = "alice@example.org" as Email;

test("a session has at most 512 open at once; what ends makes room", () => {
  const streams = new OpenStreams();
  const open = Array.from({ length: 512 }, () => streams.opened({ session: session(1), person }));
  expect(streams.refusal({ session: session(1) })).toMatchObject({ status: 429 });
  expect(streams.refusal({ session: session(2), person })).toBeUndefined();
  open[0]?.();
  expect(streams.refusal({ session: session(1) })).toBeUndefined();
});

test("a person has at most 2,048 open at once, in all sessions and the API together", () => {
  const streams = new OpenStreams();
  for (let index = 0; index < 2_048; index += 1)
    streams.opened(index % 2 ? { session: session(index), person } : { person });
  expect(streams.refusal({ session: session(5_000), person })).toMatchObject({ status: 429 });
  expect(streams.refusal({ session: session(5_000), person: "bob@example.org" as Email })).toBeUndefined();
});

test("visitors of a public port are counted for its session alone", () => {
  const streams = new OpenStreams();
  for (let index = 0; index < 512; index += 1) streams.opened({ session: session(1), person: undefined });
  expect(streams.refusal({ person })).toBeUndefined();
  expect(streams.refusal({ session: session(1) })).toBeDefined();
});
