import { type FileHandle, open, rename, stat } from "node:fs/promises";

const MAX_BYTES = 5 * 1024 * 1024;
const TAIL_BYTES = 16 * 1024;
const TAIL_LINES = 50;

/** A log that a process of the session writes to, with the place from which on the lines are its own. */
export interface SessionLog extends AsyncDisposable {
  readonly fd: number;
  readonly from: number;
}

/** Opens for appending; a log that grew too large becomes `<path>.1`. */
export async function openSessionLog(path: string): Promise<SessionLog> {
  const size = await sizeOf(path);
  if (size > MAX_BYTES) await rename(path, `${path}.1`);
  const file = await open(path, "a", 0o600);
  return { fd: file.fd, from: size > MAX_BYTES ? 0 : size, [Symbol.asyncDispose]: () => file.close() };
}

/** The last lines that were written from offset `from` on. */
export async function readTail(path: string, from: number): Promise<string[]> {
  const size = await sizeOf(path);
  const start = Math.max(from, size - TAIL_BYTES);
  if (start >= size) return [];
  const file = await open(path, "r");
  try {
    return tailOf(await readAt(file, start, size - start));
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(length), position });
  return buffer.toString("utf8", 0, bytesRead);
}

/** The last lines of a text that say anything. */
export const tailOf = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-TAIL_LINES);

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
