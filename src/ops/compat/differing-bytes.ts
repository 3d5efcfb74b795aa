/** Compares two files byte by byte, and says what the first difference means where it is a multi-pack-index. */

import type { ByteSource } from "../../bytes/source.js";
import { isGitmidxError } from "../../core/errors.js";
import { windowByteLength } from "../../core/limits.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import type { LayerPosition } from "../../core/positions.js";
import { Step, type TaskOptions } from "../../core/task.js";
import { type MidxView, openMidx } from "../../formats/midx/view.js";

/** Where two files differ. */
export interface ByteDifference {
  /** The first byte that differs; where one file is the beginning of the other, its end. */
  readonly offset: number;
  /** How many bytes differ, those that only one file has among them. */
  readonly count: number;
}

/** The first difference of two files; undefined if there is none. */
export async function firstDifference(
  a: ByteSource,
  b: ByteSource,
  task: TaskOptions,
): Promise<ByteDifference | undefined> {
  const step = new Step(task, "Comparing bytes", Math.max(a.size, b.size));
  const end = Math.min(a.size, b.size);
  let first: number | undefined;
  let count = Math.abs(a.size - b.size);
  for (let at = 0; at < end; at += windowByteLength) {
    const length = Math.min(windowByteLength, end - at);
    const [ofA, ofB] = [a.copy(at, length), b.copy(at, length)];
    for (let i = 0; i < length; i++) {
      if (ofA[i] === ofB[i]) continue;
      first ??= at + i;
      count++;
    }
    await step.tick(length);
  }
  step.finish();
  return count === 0 ? undefined : { offset: first ?? end, count };
}

/** What stands at a place of a multi-pack-index. */
export interface PlaceMeaning {
  readonly chunk: string | undefined;
  /** The object that the place speaks of, as hex. */
  readonly object?: string | undefined;
  readonly text: string;
}

/** The meaning of the byte at `offset` of a file; its bytes alone where the file cannot be read as a multi-pack-index. */
export function meaningAt(source: ByteSource, format: ObjectFormat, offset: number): PlaceMeaning {
  const bytes = bytesAt(source, offset);
  let view: MidxView;
  try {
    view = openMidx(source, format);
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
    return { chunk: undefined, text: bytes };
  }
  const first = Math.min(...view.layout.chunks.map((chunk) => chunk.offset));
  if (offset < 12) return { chunk: "header", text: bytes };
  if (offset < first) return { chunk: "chunk table", text: bytes };
  if (offset >= source.size - format.byteLength) return { chunk: "trailer", text: bytes };
  const chunk = view.layout.chunks.find((candidate) => offset < candidate.offset + candidate.byteLength);
  if (chunk === undefined) return { chunk: undefined, text: bytes };
  return { chunk: chunk.name, ...rowMeaning(view, chunk.name, offset - chunk.offset, bytes) };
}

function rowMeaning(view: MidxView, chunk: string, at: number, bytes: string): Omit<PlaceMeaning, "chunk"> {
  try {
    if (chunk === "OIDL") {
      const row = Math.floor(at / view.format.byteLength);
      return { text: `row ${row} is ${toHex(view.ids.idAt(row))}` };
    }
    if (chunk === "OOFF") {
      const row = Math.floor(at / 8) as LayerPosition;
      const pack = view.packIdAt(row);
      const text = `offset ${view.offsetAt(row)} of pack ${pack}, ${view.packNames[pack]}`;
      return { object: toHex(view.ids.idAt(row)), text };
    }
    if (chunk === "RIDX") return { text: `row ${Math.floor(at / 4)} is ${view.reverseIndexAt(Math.floor(at / 4))}` };
  } catch (error) {
    if (!isGitmidxError(error)) throw error;
  }
  return { text: bytes };
}

/** Up to eight bytes from the aligned word that holds `offset`. */
function bytesAt(source: ByteSource, offset: number): string {
  const start = Math.min(offset - (offset % 4), source.size);
  const length = Math.min(8, source.size - start);
  return length === 0 ? `nothing, the file has ${source.size} bytes` : `bytes ${toHex(source.copy(start, length))}`;
}
