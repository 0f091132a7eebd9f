/** Tables of the kernel's TCP sockets, `/proc/net/tcp` and `/proc/net/tcp6`: see proc(5). */

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface ListeningSocket extends Endpoint {
  readonly inode: number;
}

export interface ConnectedSocket {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** How often data was sent again and not acknowledged. */
  readonly repetitions: number;
  /** Keep-alive probes without an answer. */
  readonly probes: number;
}

const ESTABLISHED = "01";
const CLOSE_WAIT = "08";
const LISTEN = "0A";
/** The timer that is set: other timers count other things in the same column. */
const KEEP_ALIVE_TIMER = "02";

/** Listening sockets; lines of another shape are left out. */
export function parseListening(table: string): ListeningSocket[] {
  return rows(table, [LISTEN]).flatMap(({ local, inode }) => (inode > 0 ? [{ ...local, inode }] : []));
}

/** Connections that neither side has closed, or only the other one. */
export function parseConnected(table: string): ConnectedSocket[] {
  return rows(table, [ESTABLISHED, CLOSE_WAIT]).map(({ local, remote, timer, repetitions, probes }) => ({
    local,
    remote,
    repetitions,
    probes: timer === KEEP_ALIVE_TIMER ? probes : 0,
  }));
}

function rows(table: string, states: readonly string[]) {
  return table.split("\n").flatMap((line) => {
    const state = /^\s*\d+: \S+ \S+ ([\dA-F]{2}) /.exec(line)?.[1];
    // There may be thousands of others.
    if (state === undefined || !states.includes(state)) return [];
    const fields = line.trim().split(/\s+/);
    const [local, remote] = [parseEndpoint(fields[1]), parseEndpoint(fields[2])];
    if (!local || !remote) return [];
    const [timer = ""] = (fields[5] ?? "").split(":");
    const repetitions = Number.parseInt(fields[6] ?? "", 16);
    return [{ local, remote, timer, repetitions, probes: Number(fields[8]), inode: Number(fields[9]) }];
  });
}

function parseEndpoint(text = ""): Endpoint | undefined {
  const [hexAddress = "", hexPort = ""] = text.split(":");
  const address = parseAddress(hexAddress);
  const port = Number.parseInt(hexPort, 16);
  return address === undefined || Number.isNaN(port) ? undefined : { address, port };
}

/** Words of 32 bits in the machine's byte order, which is little-endian wherever we run. */
function parseAddress(hex: string): string | undefined {
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/i.test(hex)) return undefined;
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => [...Buffer.from(word, "hex")].toReversed());
  if (bytes.length === 4) return bytes.join(".");
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? bytes.slice(12).join(".") : compressed(bytes);
}

function compressed(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
