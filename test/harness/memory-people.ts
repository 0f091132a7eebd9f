import type { Email } from "../../src/contracts/email.ts";
import type {
  AuditRecord,
  AuditRepository,
  SecretRecord,
  TokenRecord,
  TokenRepository,
  UserSecretRepository,
} from "../../src/people/store.ts";

/** What is stored of people, in memory; every answer comes late, as a database's does. */
export class MemoryTokens implements TokenRepository {
  records: TokenRecord[] = [];
  /** How often a use was noted. */
  writes = 0;

  async ofOwner(owner: Email): Promise<TokenRecord[]> {
    await late();
    return this.records.filter((record) => record.owner === owner);
  }

  async byHash(hash: string): Promise<TokenRecord | undefined> {
    await late();
    return this.records.find((record) => record.hash === hash);
  }

  async insert(record: TokenRecord): Promise<void> {
    await late();
    this.records.push(record);
  }

  async used(id: string, at: number): Promise<void> {
    this.writes += 1;
    await late();
    this.records = this.records.map((record) => (record.id === id ? { ...record, lastUsedAt: at } : record));
  }

  async remove(owner: Email, id: string): Promise<TokenRecord | undefined> {
    await late();
    const found = this.records.find((record) => record.owner === owner && record.id === id);
    this.records = this.records.filter((record) => record !== found);
    return found;
  }
}

export class MemoryUserSecrets implements UserSecretRepository {
  records: SecretRecord[] = [];

  async ofOwner(owner: Email): Promise<SecretRecord[]> {
    await late();
    return this.records.filter((record) => record.owner === owner);
  }

  async put(record: SecretRecord): Promise<void> {
    await this.remove(record.owner, record.name);
    this.records.push(record);
  }

  async remove(owner: Email, name: string): Promise<boolean> {
    await late();
    const before = this.records.length;
    this.records = this.records.filter((record) => record.owner !== owner || record.name !== name);
    return this.records.length < before;
  }
}

export class MemoryAudit implements AuditRepository {
  records: AuditRecord[] = [];
  pruned: Parameters<AuditRepository["prune"]>[0][] = [];

  async add(record: AuditRecord): Promise<void> {
    await late();
    this.records.push(record);
  }

  async page({ limit, before = "g" }: Parameters<AuditRepository["page"]>[0]): Promise<AuditRecord[]> {
    await late();
    const older = this.records.filter(({ id }) => id < before);
    return older.toSorted((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit);
  }

  async prune(options: Parameters<AuditRepository["prune"]>[0]): Promise<void> {
    await late();
    this.pruned.push(options);
  }
}

const late = (): Promise<void> => new Promise(setImmediate);
