/** Lines of a stream of bytes. */

import { nameOfBytes } from "../bytes/name-text.js";
import { checkAborted } from "../core/task.js";

/**
 * The lines of `source`, without `\n` or `\r\n`; what follows the last line end is a line if there is anything, as it stands. Bytes that
 * are not UTF-8 read as `bytes/name-text.ts` has them, so that they can name files.
 */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  for await (const lines of lineBatchesOf(source)) yield* lines;
}

/** The same lines in batches as they come: a promise for each line would cost more than most of what is done with it. */
export async function* lineBatchesOf(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[], void, undefined> {
  let pending: Uint8Array = new Uint8Array(0);
  for await (const bytes of source) {
    const end = bytes.lastIndexOf(10);
    if (end < 0) {
      pending = joined(pending, bytes);
      continue;
    }
    const whole = joined(pending, bytes.subarray(0, end));
    pending = bytes.slice(end + 1);
    yield nameOfBytes(whole).split("\n").map(withoutReturn);
  }
  if (pending.length > 0) yield [nameOfBytes(pending)];
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b.slice();
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Passes `source` on until the signal fires: a command that waits for input must not miss that it is interrupted. */
export async function* untilAborted(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  for (;;) {
    checkAborted({ signal });
    const next = await Promise.race([iterator.next(), aborted]);
    if (next?.done === true) return;
    if (next !== undefined) yield next.value;
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
