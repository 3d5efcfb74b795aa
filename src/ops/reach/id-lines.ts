/** Many ids as lines of hex digits. */

import { withRanges } from "../../bytes/source.js";
import type { ObjectFormat } from "../../core/oid.js";

const digits = new TextEncoder().encode("0123456789abcdef");
/** Both digits of a byte, the first one in the low half. */
const pairs = Uint16Array.from({ length: 256 }, (_, byte) => digits[byte >> 4]! | (digits[byte & 15]! << 8));
const newline = 10;

/** Objects that have bits. */
interface ListedBits {
  readonly order: { readonly format: ObjectFormat };
  bitsByType(): AsyncIterable<{ readonly bits: Uint32Array }>;
  oidAt(bit: number): Uint8Array;
}

/** The lines of a result's objects in git's order, in pieces that are valid until the next is asked for. */
export async function* idLines(result: ListedBits): AsyncGenerator<Uint8Array, void, undefined> {
  const lineLength = result.order.format.hexLength + 1;
  let lines = new Uint8Array(0);
  for await (const { bits } of result.bitsByType()) {
    const length = bits.length * lineLength;
    if (lines.length < length) lines = new Uint8Array(length);
    await withRanges(() => {
      for (let i = 0; i < bits.length; i++) writeLine(result.oidAt(bits[i]!), lines, i * lineLength);
    });
    yield lines.subarray(0, length);
  }
}

function writeLine(oid: Uint8Array, lines: Uint8Array, at: number): void {
  let to = at;
  for (let i = 0; i < oid.length; i++) {
    const pair = pairs[oid[i]!]!;
    lines[to++] = pair;
    lines[to++] = pair >> 8;
  }
  lines[to] = newline;
}
