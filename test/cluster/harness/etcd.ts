/** Drops what etcd remembers of former states of its keys. */
export async function compactEtcd(url: string): Promise<void> {
  const { header } = await post<{ header: { revision: string } }>(`${url}/v3/maintenance/status`, {});
  await post(`${url}/v3/kv/compaction`, { revision: header.revision, physical: true });
}

export interface StoredKey {
  readonly key: string;
  /** Of the value. */
  readonly bytes: number;
}

const PAGE = 500;

/** The keys that begin with a prefix. */
export async function storedKeys(url: string, prefix: string): Promise<StoredKey[]> {
  const keys: StoredKey[] = [];
  for (let from = prefix; ;) {
    const range = { key: base64(from), range_end: base64(`${prefix}\uFFFD`), limit: PAGE };
    const { kvs = [], more } = await post<RangeAnswer>(`${url}/v3/kv/range`, range);
    for (const { key, value = "" } of kvs)
      keys.push({ key: Buffer.from(key, "base64").toString(), bytes: Buffer.byteLength(value, "base64") });
    if (!more) return keys;
    from = `${keys.at(-1)?.key}\0`;
  }
}

interface RangeAnswer {
  readonly kvs?: readonly { readonly key: string; readonly value?: string }[];
  readonly more?: boolean;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function post<T>(url: string, body: unknown): Promise<T> {
  const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
