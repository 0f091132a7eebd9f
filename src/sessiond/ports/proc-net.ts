export interface ListeningSocket {
  readonly port: number;
  readonly address: string;
  readonly inode: number;
}

const LISTEN = "0A";

/** Listening sockets of `/proc/net/tcp` or `/proc/net/tcp6`; lines of another shape are left out. */
export function parseProcNet(table: string): ListeningSocket[] {
  const sockets: ListeningSocket[] = [];
  for (const line of table.split("\n")) {
    const fields = line.trim().split(/\s+/);
    if (fields[3] !== LISTEN) continue;
    const [hexAddress, hexPort] = (fields[1] ?? "").split(":");
    const address = parseAddress(hexAddress ?? "");
    const port = Number.parseInt(hexPort ?? "", 16);
    const inode = Number(fields[9]);
    if (address === undefined || Number.isNaN(port) || !(inode > 0)) continue;
    sockets.push({ port, address, inode });
  }
  return sockets;
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
