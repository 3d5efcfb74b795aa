/** Lists what a pack index holds as it is read from front to back: `git show-index`. */

import { GitmidxError } from "../../core/errors.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import type { TaskOptions } from "../../core/task.js";
import { Step } from "../../core/task.js";

const signature = 0xff744f63;
const fanoutEntries = 256;
/** Entries that are handed on together. */
const batchLength = 4096;
/** Where an offset stands in the table of large ones instead. */
const isLarge = 0x8000_0000;

/** What stands before the entries. */
interface Header {
  readonly version: 1 | 2;
  readonly count: number;
}

/** A table of rows of equal length, of which some may be missing at its end. */
interface Table {
  readonly rows: Uint8Array;
  /** Rows that are whole. */
  readonly count: number;
}

/**
 * The lines of an index, in batches: `OFFSET OID` in version 1, `OFFSET OID (CRC32)` in version 2, in the order of the ids. What stands
 * behind the entries is not looked at.
 * @param input the file's bytes in pieces.
 * @throws GitmidxError `truncated`, `bad-version`, `bad-fanout` or `bad-large-offset`, in git's words, when the entries before it have been
 * handed on.
 */
export async function* indexLines(
  input: AsyncIterable<Uint8Array>,
  format: ObjectFormat,
  task: TaskOptions = {},
): AsyncGenerator<string, void, undefined> {
  const reader = new Reader(input);
  const { version, count } = await readHeader(reader);
  const step = new Step(task, "Listing objects", count);
  const lines = version === 1 ? version1Lines(reader, count, format) : version2Lines(reader, count, format);
  for await (const batch of lines) {
    yield batch;
    await step.tick(batchLength);
  }
}

async function readHeader(reader: Reader): Promise<Header> {
  const start = await reader.take(8);
  if (start === undefined) throw new GitmidxError("truncated", "unable to read header");
  const first = u32(start, 0);
  const isFirstVersion = first !== signature;
  if (!isFirstVersion && u32(start, 4) !== 2) throw new GitmidxError("bad-version", "unknown index version");
  const rest = await reader.take(4 * (isFirstVersion ? fanoutEntries - 2 : fanoutEntries));
  if (rest === undefined) throw new GitmidxError("truncated", "unable to read index");
  const fanout = isFirstVersion ? [first, u32(start, 4)] : [];
  for (let at = 0; at < rest.length; at += 4) fanout.push(u32(rest, at));
  let count = 0;
  for (const entry of fanout) {
    if (entry < count) throw new GitmidxError("bad-fanout", "corrupt index file");
    count = entry;
  }
  return { version: isFirstVersion ? 1 : 2, count };
}

async function* version1Lines(
  reader: Reader,
  count: number,
  format: ObjectFormat,
): AsyncGenerator<string, void, undefined> {
  const rowLength = 4 + format.byteLength;
  for (let start = 0; start < count; start += batchLength) {
    const { rows, count: whole } = await reader.table(Math.min(batchLength, count - start), rowLength);
    let text = "";
    for (let i = 0; i < whole; i++) {
      text += `${u32(rows, i * rowLength)} ${toHex(rows, i * rowLength + 4, format.byteLength)}\n`;
    }
    yield text;
    if (whole < Math.min(batchLength, count - start)) {
      throw new GitmidxError("truncated", `unable to read entry ${start + whole}/${count}`);
    }
  }
}

async function* version2Lines(
  reader: Reader,
  count: number,
  format: ObjectFormat,
): AsyncGenerator<string, void, undefined> {
  const tableOf = async (rowLength: number, what: string): Promise<Uint8Array> => {
    const { rows, count: whole } = await reader.table(count, rowLength);
    if (whole < count) throw new GitmidxError("truncated", `unable to read ${what} ${whole}/${count}`);
    return rows;
  };
  const ids = await tableOf(format.byteLength, "sha1");
  const crcs = await tableOf(4, "crc");
  const offsets = await tableOf(4, "32b offset");
  let largeCount = 0;
  let text = "";
  for (let i = 0; i < count; i++) {
    let offset = `${u32(offsets, 4 * i)}`;
    if (Number(offset) >= isLarge) {
      const problem = Number(offset) - isLarge === largeCount ? undefined : "inconsistent 64b offset index";
      const large = problem === undefined ? await reader.take(8) : undefined;
      if (large === undefined) {
        yield text;
        throw new GitmidxError("bad-large-offset", problem ?? `unable to read 64b offset ${largeCount}`);
      }
      offset = `${(BigInt(u32(large, 0)) << 32n) | BigInt(u32(large, 4))}`;
      largeCount++;
    }
    const crc = u32(crcs, 4 * i)
      .toString(16)
      .padStart(8, "0");
    text += `${offset} ${toHex(ids, i * format.byteLength, format.byteLength)} (${crc})\n`;
    if (i % batchLength === batchLength - 1) {
      yield text;
      text = "";
    }
  }
  yield text;
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Reads a stream in pieces of chosen lengths; memory grows with what has come, not with what is claimed. */
class Reader {
  readonly #input: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#input = input[Symbol.asyncIterator]();
  }

  /** The next `length` bytes; undefined if there are not so many. */
  async take(length: number): Promise<Uint8Array | undefined> {
    const { rows, count } = await this.table(1, length);
    return count === 1 ? rows : undefined;
  }

  /** The next `count` rows of `rowLength` bytes, or as many as there are. */
  async table(count: number, rowLength: number): Promise<Table> {
    const wanted = count * rowLength;
    let rows = new Uint8Array(Math.min(wanted, 1 << 16));
    let filled = 0;
    while (filled < wanted) {
      if (this.#at === this.#piece.length && !(await this.#next())) break;
      const part = this.#piece.subarray(this.#at, this.#at + wanted - filled);
      if (filled + part.length > rows.length) {
        const wider = new Uint8Array(Math.min(wanted, Math.max(2 * rows.length, filled + part.length)));
        wider.set(rows.subarray(0, filled));
        rows = wider;
      }
      rows.set(part, filled);
      filled += part.length;
      this.#at += part.length;
    }
    return { rows, count: Math.floor(filled / rowLength) };
  }

  async #next(): Promise<boolean> {
    const next = await this.#input.next();
    if (next.done === true) return false;
    this.#piece = next.value;
    this.#at = 0;
    return true;
  }
}
