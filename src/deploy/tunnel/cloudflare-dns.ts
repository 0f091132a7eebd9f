import type { dynamic } from "@pulumi/pulumi";

/** One proxied CNAME at Cloudflare. Plain texts; none is a secret. */
export interface DnsRecordProps {
  /** 32 hexadecimal digits. */
  readonly zoneId: string;
  /** As `*.example.org`. */
  readonly name: string;
  /** Where it leads, as `<tunnel>.cfargotunnel.com`. */
  readonly content: string;
  /** The comment by which the stack knows its record again after its state was lost. */
  readonly comment: string;
}

/** What the provider needs besides. All of it is serialised into the stack's state, so it holds functions that read, not values. */
export interface CloudflareAccess {
  /** Asked at each call, in the process of the engine: the token stands in no state. */
  readonly readToken: () => string | undefined;
  /** Base URL of the API. */
  readonly api: string;
  /** Before the second try; each further one waits twice as long. */
  readonly pauseMs: number;
}

interface Found {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly content: string;
  readonly comment?: string | null;
}

interface Answer {
  readonly status: number;
  readonly result: unknown;
  readonly errors: readonly { readonly code: number; readonly message: string }[];
}

interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
}

const TRIES = 3;
const TIMEOUT_MS = 30_000;
/** "Record already exists", in Cloudflare's ways to say it. */
const EXISTS = [81_053, 81_057, 81_058];

/**
 * Pulumi writes the text of these functions into the state, and another process runs it: they use this file and what Node has by
 * itself, and nothing that is imported.
 */
export const cloudflareDns = (access: CloudflareAccess): dynamic.ResourceProvider<DnsRecordProps, DnsRecordProps> => ({
  diff: async (_id, before, now) => {
    const replaces = (["zoneId", "name"] as const).filter((key) => before[key] !== now[key]);
    const changes = replaces.length > 0 || before.content !== now.content || before.comment !== now.comment;
    // Another zone may have the same name: the new record first.
    return { changes, replaces, deleteBeforeReplace: false };
  },
  create: async (props) => ({ id: await ensureRecord(access, props), outs: props }),
  update: async (id, before, now) => {
    const current = await recordOf(access, before.zoneId, id);
    if (current === undefined) throw new Error(vanished(now));
    if (!isOurs(current, before)) throw new Error(foreign(current, now));
    await writeRecord(access, now, id);
    return { outs: now };
  },
  delete: async (id, props) => {
    const current = await recordOf(access, props.zoneId, id);
    // What leads elsewhere by now is somebody else's, even if it was ours.
    if (current === undefined || current.content !== props.content) return;
    const call: Call = { method: "DELETE", path: `/zones/${props.zoneId}/dns_records/${id}` };
    const answer = await ask(access, call);
    if (answer.status !== 404) orThrow(answer, call);
  },
});

const isOurs = (record: Found, { content, comment }: DnsRecordProps): boolean =>
  record.type === "CNAME" && (record.content === content || record.comment === comment);

/** @returns the record's id. @throws Error when the name is somebody else's, or Cloudflare does not do it */
async function ensureRecord(access: CloudflareAccess, props: DnsRecordProps): Promise<string> {
  const there = await addressRecord(access, props);
  if (there !== undefined) return adopt(access, props, there);
  const call: Call = { method: "POST", path: `/zones/${props.zoneId}/dns_records`, body: bodyOf(props) };
  const answer = await ask(access, call);
  if (answer.errors.some(({ code }) => EXISTS.includes(code))) {
    // Somebody was faster, or an earlier try had been heard although its answer was lost.
    const rival = await addressRecord(access, props);
    if (rival !== undefined) return adopt(access, props, rival);
  }
  return (orThrow(answer, call) as Found).id;
}

async function adopt(access: CloudflareAccess, props: DnsRecordProps, record: Found): Promise<string> {
  if (!isOurs(record, props)) throw new Error(foreign(record, props));
  await writeRecord(access, props, record.id);
  return record.id;
}

/** Of the kinds that say where a name leads there may be one only, or several A and AAAA; the first tells enough. */
async function addressRecord(access: CloudflareAccess, { zoneId, name }: DnsRecordProps): Promise<Found | undefined> {
  const call: Call = { method: "GET", path: `/zones/${zoneId}/dns_records?name=${encodeURIComponent(name)}` };
  const records = orThrow(await ask(access, call), call) as readonly Found[];
  return records.find((record) => record.name === name && ["A", "AAAA", "CNAME"].includes(record.type));
}

async function recordOf(access: CloudflareAccess, zoneId: string, id: string): Promise<Found | undefined> {
  const call: Call = { method: "GET", path: `/zones/${zoneId}/dns_records/${id}` };
  const answer = await ask(access, call);
  return answer.status === 404 ? undefined : (orThrow(answer, call) as Found);
}

async function writeRecord(access: CloudflareAccess, props: DnsRecordProps, id: string): Promise<void> {
  const call: Call = { method: "PUT", path: `/zones/${props.zoneId}/dns_records/${id}`, body: bodyOf(props) };
  orThrow(await ask(access, call), call);
}

/** A TTL of 1 is Cloudflare's word for automatic, the only one that a proxied record has. */
const bodyOf = ({ name, content, comment }: DnsRecordProps) => ({
  type: "CNAME",
  name,
  content,
  comment,
  proxied: true,
  ttl: 1,
});

/** Asks again where asking again may help. @throws Error without an answer, or with one that is not Cloudflare's */
async function ask({ readToken, api, pauseMs }: CloudflareAccess, call: Call): Promise<Answer> {
  const token = readToken();
  if (!token)
    throw new Error(
      "CLOUDFLARE_API_TOKEN is not set: dns.manage needs a token with Zone:Read and DNS:Edit on the zone",
    );
  let last = "";
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, pauseMs * 2 ** (attempt - 2)));
    try {
      const response = await fetch(`${api}${call.path}`, {
        method: call.method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      if (response.status !== 429 && response.status < 500) return readAnswer(response.status, text);
      last = `status ${response.status}`;
    } catch (error) {
      last = error instanceof Error ? error.message : "no answer";
    }
  }
  const fault = `Cloudflare: ${call.method} ${call.path} failed ${TRIES} times, the last time with: ${last}`;
  throw new Error(fault.replaceAll(token, "[token]"));
}

function readAnswer(status: number, text: string): Answer {
  try {
    const { result, errors } = JSON.parse(text) as Partial<Answer>;
    return { status, result, errors: errors ?? [] };
  } catch {
    return { status, result: undefined, errors: [{ code: status, message: "the answer is not JSON" }] };
  }
}

function orThrow({ status, result, errors }: Answer, { method, path }: Call): unknown {
  if (status < 400 && errors.length === 0) return result;
  const said = errors.map(({ code, message }) => `${code} ${message}`).join(", ") || "no reason";
  const hint = status === 401 || status === 403 ? ". The token needs Zone:Read and DNS:Edit on this zone" : "";
  throw new Error(`Cloudflare: ${method} ${path} was refused with ${status}: ${said}${hint}`);
}

const foreign = ({ type, content }: Found, { name }: DnsRecordProps): string =>
  `There is a record of somebody else for ${name}: ${type} ${content}. Remove it at Cloudflare if nothing needs it, or set dns.manage to false`;

const vanished = ({ name }: DnsRecordProps): string =>
  `The record for ${name} is gone from Cloudflare: run \`pulumi refresh\`, or remove it from the state with \`pulumi state delete\``;
