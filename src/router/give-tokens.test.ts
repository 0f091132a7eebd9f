import { expect, test } from "vitest";
import type { Email } from "../contracts/email.ts";
import type { SessionState } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { FanOut } from "../lib/fan-out.ts";
import { silentLog } from "../lib/log.ts";
import { Secret } from "../lib/secret.ts";
import { GitHubTokens } from "../people/github-tokens.ts";
import type { SessionRecord } from "../sessions/store.ts";
import { sampleSession } from "../../test/harness/sample-session.ts";
import { settled } from "../../test/harness/fake-clock.ts";
import { giveTokens } from "./give-tokens.ts";

const A = "aaaaaaaaaaaa" as SessionHash;
const B = "bbbbbbbbbbbb" as SessionHash;
const C = "cccccccccccc" as SessionHash;
const ADA = "ada@example.org" as Email;
const BOB = "bob@example.org" as Email;

function place(give: (hash: SessionHash) => Promise<void> = () => Promise.resolve()) {
  const records = [
    sampleSession({ hash: A, owner: ADA, home: "here" }),
    sampleSession({ hash: B, owner: BOB, home: "here" }),
    sampleSession({ hash: C, owner: ADA, home: "elsewhere" }),
  ];
  const states = new Map<SessionHash, SessionState>(records.map(({ hash }) => [hash, "running"]));
  const changes = new FanOut<SessionHash>();
  const isHere = ({ home }: Pick<SessionRecord, "home">) => home === "here";
  const state = ({ hash }: SessionRecord) => states.get(hash) ?? "stopped";
  const known = {
    changes,
    isHere,
    state,
    get: (hash: SessionHash) => records.find((record) => record.hash === hash),
    running: () => records.filter((record) => isHere(record) && state(record) === "running"),
  };
  const tokens = new GitHubTokens();
  const given: string[] = [];
  const warnings: object[] = [];
  const log = { ...silentLog, warn: (fields: object) => void warnings.push(fields) };
  giveTokens({
    tokens,
    known,
    log,
    give: async (hash, token) => {
      given.push(`${hash} ${token.reveal()}`);
      await give(hash);
    },
  });
  const become = (hash: SessionHash, next: SessionState) => {
    states.set(hash, next);
    changes.publish(hash);
  };
  return { tokens, given, warnings, become, changes };
}

test("each new token goes to the owner's sessions that run here, once", async () => {
  const { tokens, given, changes } = place();
  for (const text of ["gho_1", "gho_1", "gho_2"]) tokens.remember(ADA, new Secret(text));
  for (const hash of [A, B, C]) changes.publish(hash);
  await settled();
  expect(given).toEqual([`${A} gho_1`, `${A} gho_2`]);
});

test("what came while a session did not run is given when it runs, after each start anew", async () => {
  const { tokens, given, become } = place();
  become(A, "starting");
  tokens.remember(ADA, new Secret("gho_1"));
  await settled();
  expect(given).toEqual([]);
  become(A, "running");
  become(A, "running");
  become(A, "stopped");
  become(A, "running");
  await settled();
  expect(given).toEqual([`${A} gho_1`, `${A} gho_1`]);
});

test("a session that does not take it is logged without the token, and keeps nobody from the next", async () => {
  const { tokens, given, warnings } = place(() => Promise.reject(new Error("sessiond answered 404")));
  tokens.remember(ADA, new Secret("gho_1"));
  tokens.remember(ADA, new Secret("gho_2"));
  await settled();
  expect(given).toEqual([`${A} gho_1`, `${A} gho_2`]);
  expect(warnings).toHaveLength(2);
  expect(JSON.stringify(warnings)).not.toContain("gho_");
});
