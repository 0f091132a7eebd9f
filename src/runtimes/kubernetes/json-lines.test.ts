import { expect, test } from "vitest";
import { readJsonLines } from "./json-lines.ts";

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function read(text: string, size = text.length): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of readJsonLines(pieces(Buffer.from(text), size))) values.push(value);
  return values;
}

const VALUES = [{ text: "äöü €" }, { text: "😀\n" }, [1, 2], { text: "x".repeat(300) }];
const TEXT = VALUES.map((value) => `${JSON.stringify(value)}\n`).join("");

test.each([1, 2, 3, 7, 64, 10_000])("values come whole in pieces of %i bytes", async (size) => {
  expect(await read(TEXT, size)).toEqual(VALUES);
});

test("empty lines are nothing", async () => {
  expect(await read(`\n{"a":1}\r\n \n{"b":2}\n\n`)).toEqual([{ a: 1 }, { b: 2 }]);
});

test("a value that is cut off is an error, after those before it", async () => {
  const values = readJsonLines(pieces(Buffer.from(`{"a":1}\n{"token":"abc`), 4));
  expect(await values.next()).toEqual({ done: false, value: { a: 1 } });
  await expect(values.next()).rejects.toThrow("the stream ended within an object");
});

test("what is not JSON is not shown", async () => {
  await expect(read(`<html>secret</html>\n`)).rejects.toThrow(/^the stream has a line that is not JSON$/);
});

test("a value of many megabytes comes whole", async () => {
  const value = { text: "x".repeat(20_000_000) };
  expect(await read(`${JSON.stringify(value)}\n`, 16_384)).toEqual([value]);
});
