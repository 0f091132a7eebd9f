import { expect, test } from "vitest";
import { ObjectCache, type KubeObject } from "./object-cache.ts";

interface Note extends KubeObject {
  readonly text?: string;
}

const note = (name: string, version: number | bigint | string, uid = `uid-of-${name}`): Note => ({
  metadata: { name, uid, resourceVersion: String(version) },
});

function open() {
  const cache = new ObjectCache<Note>();
  const changed: string[] = [];
  cache.changes.subscribe((name) => changed.push(name));
  const versions = () => cache.all().map(({ metadata }) => `${metadata?.name} ${metadata?.resourceVersion}`);
  /** What was told since the last time. */
  const told = () => changed.splice(0);
  return { cache, versions, told };
}

test("a list tells of what is new, different and gone, and of nothing else", () => {
  const { cache, versions, told } = open();
  cache.replaceAll([note("a", 1), note("b", 2), note("c", 3)], "3");
  expect(told()).toEqual(["a", "b", "c"]);
  const before = cache.get("a");
  cache.replaceAll([note("a", 1), note("b", 5), note("d", 4)], "5");
  expect(told().toSorted()).toEqual(["b", "c", "d"]);
  expect(versions().toSorted()).toEqual(["a 1", "b 5", "d 4"]);
  expect(cache.get("a")).toBe(before);
  cache.replaceAll([note("a", 1), note("b", 5), note("d", 4)], "9");
  expect(told()).toEqual([]);
});

test("everything is in place when the first change of a list is told", () => {
  const cache = new ObjectCache<Note>();
  const seen: number[] = [];
  cache.changes.subscribe(() => seen.push(cache.all().length));
  cache.replaceAll([note("a", 1), note("b", 2)], "2");
  expect(seen).toEqual([2, 2]);
});

test("versions are compared as numbers, however long", () => {
  const { cache, versions } = open();
  cache.put(note("a", 9));
  cache.put(note("a", 10));
  expect(versions()).toEqual(["a 10"]);
  cache.put(note("a", 2n ** 63n));
  cache.put(note("a", 2n ** 63n + 1n));
  expect(versions()).toEqual([`a ${2n ** 63n + 1n}`]);
});

test("the answer to a write never goes back in time", () => {
  const { cache, versions, told } = open();
  cache.hear("ADDED", note("a", 5));
  told();
  cache.put(note("a", 4));
  cache.put(note("a", 5));
  expect(told()).toEqual([]);
  cache.put(note("a", 6));
  expect(told()).toEqual(["a"]);
  cache.hear("MODIFIED", note("a", 5));
  cache.hear("MODIFIED", note("a", 6));
  expect(told()).toEqual([]);
  expect(versions()).toEqual(["a 6"]);
});

test("an answer that comes after the news of the deletion does not bring the object back", () => {
  const { cache, versions } = open();
  cache.hear("ADDED", note("a", 5));
  cache.hear("DELETED", note("a", 7));
  cache.put(note("a", 6));
  expect(versions()).toEqual([]);
  cache.replaceAll([], "9");
  cache.put(note("b", 8));
  expect(versions()).toEqual([]);
  cache.put(note("b", 10));
  expect(versions()).toEqual(["b 10"]);
});

test("an object that took the name of a deleted one stays", () => {
  const { cache, versions, told } = open();
  cache.hear("ADDED", note("a", 5, "old"));
  cache.put(note("a", 9, "new"));
  told();
  cache.hear("DELETED", note("a", 8, "old"));
  cache.forget("a", "old");
  cache.put(note("a", 7, "old"));
  expect(told()).toEqual([]);
  expect(versions()).toEqual(["a 9"]);
  cache.forget("a", "new");
  expect(told()).toEqual(["a"]);
  expect(versions()).toEqual([]);
});

test("a list that began before a write of ours does not undo it", () => {
  const { cache, versions, told } = open();
  cache.replaceAll([note("a", 1)], "5");
  cache.put(note("a", 8));
  cache.put(note("b", 9));
  told();
  cache.replaceAll([note("a", 1)], "7");
  expect(told()).toEqual([]);
  expect(versions().toSorted()).toEqual(["a 8", "b 9"]);
  cache.replaceAll([note("a", 8)], "12");
  expect(told()).toEqual(["b"]);
});

test("a server whose database was restored is believed", () => {
  const { cache, versions } = open();
  cache.replaceAll([note("a", 100)], "100");
  cache.hear("ADDED", note("b", 120));
  cache.put(note("c", 130));
  cache.replaceAll([note("a", 40)], "50");
  expect(versions()).toEqual(["a 40"]);
  cache.hear("MODIFIED", note("a", 51));
  expect(versions()).toEqual(["a 51"]);
});

test("the record of who set which field is not kept", () => {
  const { cache } = open();
  const object = note("a", 1);
  cache.put({ ...object, metadata: { ...object.metadata, managedFields: [{ manager: "kubectl" }] }, text: "kept" });
  expect(cache.get("a")).toEqual({ ...object, text: "kept" });
  cache.replaceAll([{ metadata: { ...note("b", 2).metadata, managedFields: [] } }], "2");
  expect(cache.get("b")).toEqual(note("b", 2));
});
