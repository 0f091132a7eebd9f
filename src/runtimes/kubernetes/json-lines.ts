const NEWLINE = 0x0a;

/**
 * One JSON value a line, as bytes arrive: a value may come in any number of pieces, cut anywhere.
 * @throws when the stream ends within a value, or a line is not JSON
 */
export async function* readJsonLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void, void> {
  let pieces: Uint8Array[] = [];
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...pieces, chunk.subarray(start, end)]).toString("utf8");
      pieces = [];
      start = end + 1;
      if (line.trim()) yield parseLine(line);
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
  }
  if (Buffer.concat(pieces).toString("utf8").trim()) throw new Error("the stream ended within an object");
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The parser's own message shows a part of the line, which may hold a secret.
    throw new Error("the stream has a line that is not JSON");
  }
}
