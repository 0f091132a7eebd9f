/** Drops what etcd remembers of former states of its keys. */
export async function compactEtcd(url: string): Promise<void> {
  const { header } = await post<{ header: { revision: string } }>(`${url}/v3/maintenance/status`, {});
  await post(`${url}/v3/kv/compaction`, { revision: header.revision, physical: true });
}

async function post<T>(url: string, body: unknown): Promise<T> {
  const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
