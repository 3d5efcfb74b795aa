/** Lines of a stream of bytes. */

/** The lines of `source` as UTF-8, without `\n` or `\r\n`; what follows the last line end is a line if there is anything. */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  for await (const lines of lineBatchesOf(source)) yield* lines;
}

/** The same lines in batches as they come: a promise for each line would cost more than most of what is done with it. */
export async function* lineBatchesOf(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[], void, undefined> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let pending = "";
  for await (const bytes of source) {
    const parts = decoder.decode(bytes, { stream: true }).split("\n");
    parts[0] = pending + parts[0];
    pending = parts.pop()!;
    if (parts.length > 0) yield parts.map(withoutReturn);
  }
  pending += decoder.decode();
  if (pending !== "") yield [withoutReturn(pending)];
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
