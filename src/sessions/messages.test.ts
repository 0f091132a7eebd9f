import { describe, expect, test } from "vitest";
import type { SessionHash } from "../contracts/session-hash.ts";
import type { ProgressMessage } from "../contracts/status.ts";
import { Messages } from "./messages.ts";
import type { MessageRepository } from "./store.ts";

const hash = "0123456789ab" as SessionHash;
const message = (id: string, text = id): ProgressMessage => ({
  id,
  role: "user",
  text,
  at: "2026-01-02T03:04:05.000Z",
});
const [a, b] = [message("a"), message("b")];

/** A repository in memory that answers late, as a database does. */
class SlowRepository implements MessageRepository {
  readonly stored = new Map<SessionHash, readonly ProgressMessage[]>();
  writes = 0;
  reads = 0;

  async list(of: SessionHash): Promise<ProgressMessage[]> {
    this.reads++;
    await new Promise(setImmediate);
    return [...(this.stored.get(of) ?? [])];
  }

  async replace(of: SessionHash, messages: readonly ProgressMessage[]): Promise<void> {
    await new Promise(setImmediate);
    this.writes++;
    this.stored.set(of, messages);
  }
}

describe("Messages", () => {
  function open() {
    const repository = new SlowRepository();
    const messages = new Messages(repository);
    const told: SessionHash[] = [];
    messages.changes.subscribe((changed) => told.push(changed));
    const list = async () => (await messages.log(hash)).messages;
    return { repository, messages, told, list };
  }

  test("tells and stores what is new, once", async () => {
    const { repository, messages, told, list } = open();
    await messages.take(hash, [a]);
    await messages.take(hash, [a]);
    await messages.take(hash, [a, b]);
    expect(told).toEqual([hash, hash]);
    expect(repository.writes).toBe(2);
    expect(await list()).toEqual([a, b]);
  });

  test("reports that arrive at once are taken one after the other", async () => {
    const { messages, told } = open();
    await Promise.all([messages.take(hash, [a]), messages.take(hash, [a, b]), messages.take(hash, [a, b])]);
    expect(told).toEqual([hash, hash]);
  });

  test("a shorter list replaces the longer one without telling anything", async () => {
    const { repository, messages, told } = open();
    await messages.take(hash, [a, b]);
    told.length = 0;
    await messages.take(hash, [b]);
    expect(told).toEqual([]);
    expect(repository.stored.get(hash)).toEqual([b]);
  });

  test("what an earlier router stored is known and not told again", async () => {
    const { repository, messages, told } = open();
    repository.stored.set(hash, [a]);
    await messages.take(hash, [a, b]);
    expect(told).toEqual([hash]);
    expect((await messages.log(hash)).next(0)?.event).toEqual(b);
    expect(repository.reads).toBe(1);
  });

  test("is told only after it is stored", async () => {
    const { repository, messages } = open();
    const stored: boolean[] = [];
    messages.changes.subscribe(() => stored.push(repository.stored.has(hash)));
    await messages.take(hash, [a]);
    expect(stored).toEqual([true]);
  });

  test("a list that could not be stored is tried again with the next report", async () => {
    const { repository, messages, told } = open();
    const replace = repository.replace.bind(repository);
    repository.replace = () => Promise.reject(new Error("the disk is full"));
    await expect(messages.take(hash, [a])).rejects.toThrow("full");
    repository.replace = replace;
    await messages.take(hash, [a]);
    expect(told).toEqual([hash]);
  });

  test("a forgotten session is read anew", async () => {
    const { repository, messages, list } = open();
    await messages.take(hash, [a]);
    repository.stored.delete(hash);
    messages.forget(hash);
    expect(await list()).toEqual([]);
  });

  test("what another router has written is told here, if anybody here knows the conversation", async () => {
    const { repository, messages, told, list } = open();
    repository.stored.set(hash, [a]);
    await messages.refresh(hash);
    expect([repository.reads, told]).toEqual([0, []]);
    await list();
    repository.stored.set(hash, [a, b]);
    await messages.refresh(hash);
    await messages.refresh(hash);
    expect(told).toEqual([hash]);
    expect(await list()).toEqual([a, b]);
  });
});
