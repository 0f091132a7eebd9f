import { describe, expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import type { ProblemError } from "../contracts/problem.ts";
import { PutSecret } from "../contracts/user-secret.ts";
import { type Log, silentLog } from "../lib/log.ts";
import { Secret } from "../lib/secret.ts";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { MemoryUserSecrets } from "../../test/harness/memory-people.ts";
import { UserSecrets } from "./secrets.ts";

const ALICE = "alice@example.org" as Email;
const BOB = "bob@example.org" as Email;
const VALUE = "correct horse battery staple";

function open(repository = new MemoryUserSecrets(), tokenSecret = "the-token-secret") {
  const warned: object[] = [];
  const log: Log = { ...silentLog, warn: (fields, event) => void warned.push({ ...fields, event }) };
  const parts = { repository, tokenSecret: new Secret(tokenSecret), clock: new FakeClock(), log };
  return { repository, warned, secrets: new UserSecrets(parts) };
}

const valuesOf = async (secrets: UserSecrets, owner: Email) =>
  Object.fromEntries(Object.entries(await secrets.forSession(owner)).map(([name, value]) => [name, value.reveal()]));

const refusal = (put: Promise<unknown>) =>
  put.then(
    () => expect.unreachable("it was taken"),
    (error: ProblemError) => [error.problem.code, error.problem.detail],
  );

describe("secrets", () => {
  test("reach sessions of their owner only, as they are", async () => {
    const { secrets } = open();
    const odd = 'zażółć "$(id)" \n\t🦦';
    await secrets.put(ALICE, "NPM_TOKEN", new Secret(VALUE));
    await secrets.put(ALICE, "ODD", new Secret(odd));
    await secrets.put(BOB, "NPM_TOKEN", new Secret("bob's"));
    await secrets.put(BOB, "EMPTY", new Secret(""));
    expect(await valuesOf(secrets, ALICE)).toEqual({ NPM_TOKEN: VALUE, ODD: odd });
    expect(await valuesOf(secrets, BOB)).toEqual({ NPM_TOKEN: "bob's", EMPTY: "" });
    expect(JSON.stringify(await secrets.forSession(ALICE))).not.toContain(VALUE);
  });

  test("are listed by name, are replaced and removed, and tell whether they were there", async () => {
    const { secrets } = open();
    expect(await secrets.put(ALICE, "A", new Secret("1"))).toMatchObject({ entry: { name: "A" }, created: true });
    expect(await secrets.put(ALICE, "A", new Secret("2"))).toMatchObject({ created: false });
    expect(await valuesOf(secrets, ALICE)).toEqual({ A: "2" });
    expect(await secrets.list(ALICE)).toEqual([{ name: "A", updatedAt: expect.stringMatching(/Z$/) as string }]);
    expect(await secrets.get(ALICE, "A")).toMatchObject({ name: "A" });
    expect([await secrets.get(BOB, "A"), await secrets.remove(BOB, "A")]).toEqual([undefined, false]);
    expect([await secrets.remove(ALICE, "A"), await secrets.remove(ALICE, "A")]).toEqual([true, false]);
    expect(await secrets.list(ALICE)).toEqual([]);
  });

  test("are encrypted where they are stored, never twice alike", async () => {
    const { secrets, repository } = open();
    for (const name of ["A", "B"]) await secrets.put(ALICE, name, new Secret(VALUE));
    const [a, b] = repository.records.map(({ sealed }) => Buffer.from(sealed, "base64url"));
    expect(a?.length).toBe(12 + 16 + VALUE.length);
    for (const part of [VALUE, Buffer.from(VALUE).toString("base64url").slice(2, -2)])
      expect(JSON.stringify(repository.records)).not.toContain(part);
    expect(a?.subarray(0, 12)).not.toEqual(b?.subarray(0, 12));
    expect(a?.subarray(28)).not.toEqual(b?.subarray(28));
  });

  test.each([
    ["moved to another person", (sealed: string) => sealed, BOB, "A"],
    ["moved to another name", (sealed: string) => sealed, ALICE, "LATER"],
    ["changed", (sealed: string) => sealed.slice(0, -2) + (sealed.endsWith("AA") ? "BB" : "AA"), ALICE, "A"],
    ["cut", (sealed: string) => sealed.slice(0, 20), ALICE, "A"],
    ["emptied", () => "", ALICE, "A"],
  ])("a row that was %s opens nothing, and is named in a warning", async (_what, change, owner, name) => {
    const { secrets, repository, warned } = open();
    await secrets.put(ALICE, "A", new Secret(VALUE));
    await secrets.put(owner, "GOOD", new Secret("good"));
    repository.records = repository.records.map((record) =>
      record.name === "A" ? { ...record, owner, name, sealed: change(record.sealed) } : record,
    );
    expect(await valuesOf(secrets, owner)).toEqual({ GOOD: "good" });
    expect(warned).toEqual([{ owner, name, event: expect.stringContaining("TOKEN_SECRET") as string }]);
  });

  test("another TOKEN_SECRET leaves them out until they are set again", async () => {
    const { secrets, repository } = open();
    await secrets.put(ALICE, "A", new Secret(VALUE));
    const later = open(repository, "another-token-secret");
    expect(await valuesOf(later.secrets, ALICE)).toEqual({});
    expect(later.warned).toHaveLength(1);
    expect(JSON.stringify(later.warned)).not.toContain(VALUE);
    await later.secrets.put(ALICE, "A", new Secret("new"));
    expect(await valuesOf(later.secrets, ALICE)).toEqual({ A: "new" });
  });
});

describe("limits", () => {
  test("a person has 100 at most, also when many come at once; one can be replaced all the same", async () => {
    const { secrets } = open();
    const names = Array.from({ length: 110 }, (_, n) => `S${n}`);
    const put = await Promise.allSettled(names.map((name) => secrets.put(ALICE, name, new Secret(name))));
    expect(put.filter(({ status }) => status === "fulfilled")).toHaveLength(100);
    expect(await refusal(secrets.put(ALICE, "ONE_MORE", new Secret("x")))).toEqual([
      "limit_reached",
      expect.stringMatching(/^You have 100 secrets/),
    ]);
    expect(await secrets.put(ALICE, "S0", new Secret("y"))).toMatchObject({ created: false });
  });

  test("all together fit into what a program can be started with", async () => {
    const { secrets } = open();
    const big = new Secret("x".repeat(64 * 1024));
    for (let n = 0; n < 7; n++) await secrets.put(ALICE, `BIG_${n}`, big);
    expect(await refusal(secrets.put(ALICE, "BIG_7", big))).toEqual([
      "limit_reached",
      expect.stringMatching(/512 KiB/),
    ]);
    expect(await secrets.put(ALICE, "BIG_6", new Secret("small"))).toMatchObject({ created: false });
    expect(await secrets.put(BOB, "BIG_7", big)).toMatchObject({ created: true });
  });

  test.each(["PATH", "lower", "1A", "A-B", "A.B", "", "A".repeat(129), "A\n", "ÄÖ", "__proto__"])(
    "the name %j is refused with a sentence",
    async (name) => {
      const { secrets } = open();
      expect(await refusal(secrets.put(ALICE, name, new Secret(VALUE)))).toEqual([
        "invalid_request",
        expect.stringMatching(/^(?!.*correct horse).*\.$/),
      ]);
    },
  );

  test("a value has at most 64 KiB and no NUL, and no error repeats it", () => {
    expect(PutSecret.safeParse({ value: "x".repeat(65_536) }).success).toBe(true);
    const bad = [
      { value: "ą".repeat(32_769) },
      { value: `${VALUE}\0` },
      { value: VALUE, name: "x" },
      { value: [VALUE] },
    ];
    for (const body of bad) {
      const result = PutSecret.safeParse(body);
      expect(result.success).toBe(false);
      expect(JSON.stringify(result.error)).not.toMatch(/correct horse|ąąą/);
    }
  });
});
