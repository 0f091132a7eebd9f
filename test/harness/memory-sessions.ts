import type { SessionHash } from "../../src/contracts/session-hash.ts";
import type { SessionPatch, SessionRecord, SessionRepository } from "../../src/sessions/store.ts";

/** Sessions in memory; every answer comes late, as a database's does. */
export class MemorySessions implements SessionRepository {
  readonly records = new Map<SessionHash, SessionRecord>();

  constructor(records: readonly SessionRecord[] = []) {
    for (const record of records) this.records.set(record.hash, record);
  }

  async all(): Promise<SessionRecord[]> {
    await late();
    return [...this.records.values()];
  }

  async get(hash: SessionHash): Promise<SessionRecord | undefined> {
    await late();
    return this.records.get(hash);
  }

  async insert(record: SessionRecord): Promise<boolean> {
    await late();
    if (this.records.has(record.hash)) return false;
    this.records.set(record.hash, record);
    return true;
  }

  async update(hash: SessionHash, patch: SessionPatch): Promise<SessionRecord | undefined> {
    await late();
    const record = this.records.get(hash);
    if (!record) return undefined;
    const updated = { ...record, ...patch };
    this.records.set(hash, updated);
    return updated;
  }

  async claim(home: string): Promise<void> {
    await late();
    for (const record of this.records.values())
      if (record.home === null) this.records.set(record.hash, { ...record, home });
  }

  async remove(hash: SessionHash): Promise<void> {
    await late();
    this.records.delete(hash);
  }
}

const late = (): Promise<void> => new Promise(setImmediate);
