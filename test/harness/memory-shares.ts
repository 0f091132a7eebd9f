import type { SessionHash } from "../../src/contracts/session-hash.ts";
import type { ShareRecord, ShareRepository } from "../../src/sessions/store.ts";

/** Port shares in memory. */
export class MemoryShares implements ShareRepository {
  records: readonly ShareRecord[];

  constructor(records: readonly ShareRecord[] = []) {
    this.records = records;
  }

  async all(): Promise<ShareRecord[]> {
    return [...this.records];
  }

  async of(hash: SessionHash): Promise<ShareRecord[]> {
    return this.records.filter((record) => record.hash === hash);
  }

  async put(record: ShareRecord): Promise<void> {
    await this.remove(record.hash, record.port);
    this.records = [...this.records, record];
  }

  async remove(hash: SessionHash, port: number): Promise<void> {
    this.records = this.records.filter((record) => record.hash !== hash || record.port !== port);
  }
}
