import { beforeEach, expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import type { Session } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { OpenLists } from "./open-lists.ts";

const ALICE = "alice@example.org" as Email;
const BOB = "bob@example.org" as Email;
const hashOf = (owner: Email) => (owner === ALICE ? "a".repeat(12) : "b".repeat(12)) as SessionHash;

let made: Email[];
let titles: Map<Email, string>;
let rung: string[];
let lists: OpenLists;

beforeEach(() => {
  made = [];
  rung = [];
  titles = new Map([
    [ALICE, "one"],
    [BOB, "one"],
  ]);
  lists = new OpenLists((owner) => {
    made.push(owner);
    const title = titles.get(owner);
    return title === undefined ? [] : [{ hash: hashOf(owner), owner, title } as unknown as Session];
  });
});

const titleTo = (person: Email) => lists.get(person).data.sessions[0]?.title;

test("all tabs of a person read one list, which is made once after each change", () => {
  using _one = lists.subscribe(ALICE, () => rung.push("one"));
  using _two = lists.subscribe(ALICE, () => rung.push("two"));
  const before = lists.get(ALICE);
  expect(lists.get(ALICE)).toBe(before);
  titles.set(ALICE, "two");
  lists.look(hashOf(ALICE), ALICE);
  lists.look(hashOf(ALICE), ALICE);
  expect(rung).toEqual(["one", "two", "one", "two"]);
  expect(titleTo(ALICE)).toBe("two");
  expect(lists.get(ALICE).id).not.toBe(before.id);
  expect(made).toEqual([ALICE, ALICE]);
});

test("nobody is woken by a change of somebody else's session, also when it is the last one: that it is gone", () => {
  using _alice = lists.subscribe(ALICE, () => rung.push("alice"));
  using _bob = lists.subscribe(BOB, () => rung.push("bob"));
  expect([titleTo(ALICE), titleTo(BOB)]).toEqual(["one", "one"]);
  lists.look(hashOf(BOB), BOB);
  titles.delete(BOB);
  expect(titleTo(BOB)).toBeUndefined();
  expect(rung).toEqual(["bob"]);
  titles.delete(ALICE);
  lists.look(hashOf(ALICE), undefined);
  expect(rung).toEqual(["bob", "alice"]);
  expect(titleTo(ALICE)).toBeUndefined();
});

test("the same content has the same id, and another content another", () => {
  using _alice = lists.subscribe(ALICE, () => {});
  const { id } = lists.get(ALICE);
  lists.look(hashOf(ALICE), ALICE);
  expect(lists.get(ALICE).id).toBe(id);
  titles.set(ALICE, "two");
  lists.look(hashOf(ALICE), ALICE);
  expect(lists.get(ALICE).id).not.toBe(id);
});

test("who comes new gets the list as it is, also when nothing told of the change", () => {
  using _one = lists.subscribe(ALICE, () => {});
  expect(titleTo(ALICE)).toBe("one");
  titles.set(ALICE, "older");
  using _two = lists.subscribe(ALICE, () => {});
  expect(titleTo(ALICE)).toBe("older");
});

test("nothing is kept of a person whose last tab is closed", () => {
  const one = lists.subscribe(ALICE, () => rung.push("one"));
  const two = lists.subscribe(ALICE, () => rung.push("two"));
  expect(lists.size).toBe(2);
  one[Symbol.dispose]();
  lists.look(hashOf(ALICE), ALICE);
  expect(rung).toEqual(["two"]);
  two[Symbol.dispose]();
  expect(lists.size).toBe(0);
  lists.look(hashOf(ALICE), ALICE);
  expect(rung).toEqual(["two"]);
});
