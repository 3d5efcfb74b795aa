/**
 * Reftables: sorted blocks of refs in one file, of which a stack makes up a repository's refs (git's technical/reftable).
 *
 *     0       REFT, u8 version (1, 2), u24 block size (0: blocks are not aligned), u64 smallest, u64 largest update index,
 *             version 2: hash id `sha1` or `s256`
 *             blocks: u8 kind (r refs, o objects, g log, i index), u24 length, records, restart offsets u24, their count u16;
 *             the first block's length counts the header too
 *     footer  the header again, u64 places of the sections, u32 CRC32
 *
 * A ref's record: how much of the name before it shares, the rest's length × 8 + kind, the rest, update index − smallest, and by kind
 * nothing (0: removed), an id (1), an id and what it peels to (2), or the name of another ref (3).
 */

import { compareBytes, nameOfBytes } from "../bytes/name-text.js";
import { type ErrorCode, GitmidxError } from "../core/errors.js";
import { type ObjectFormat, sha1, sha256 } from "../core/oid.js";
import { type ReftableLog, readReftableLogs } from "./reftable-logs.js";
import { RecordCursor } from "./reftable-records.js";

/** A ref as a table has it. */
export interface ReftableRef {
  readonly name: Uint8Array;
  readonly value:
    | { readonly kind: "removed" }
    | { readonly kind: "id"; readonly oid: Uint8Array; readonly peeled: Uint8Array }
    | { readonly kind: "symbolic"; readonly target: string };
}

const headerByteLengths = [0, 24, 28];
const footerRestByteLength = 44;
const refBlock = 0x72;
const logBlock = 0x67;
const sha256Id = 0x73323536;
const sha1Id = 0x73686131;

/** One table, all of it in memory. */
export class ReftableView {
  readonly #path: string;
  readonly #bytes: Uint8Array;
  readonly #data: DataView;
  readonly #format: ObjectFormat;
  readonly #headerByteLength: number;
  readonly #blockByteLength: number;
  readonly #refsEnd: number;
  /** Where the logs begin and end; undefined if there are none. */
  readonly #logs: { readonly start: number; readonly end: number } | undefined;
  #blocks: readonly number[] | undefined;
  #logsByName: ReadonlyMap<string, ReftableLog> | undefined;

  /** @throws GitmidxError `truncated`, `bad-signature`, `bad-version` or `bad-hash-id` */
  constructor(path: string, bytes: Uint8Array, format: ObjectFormat) {
    this.#path = path;
    this.#bytes = bytes;
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#format = format;
    if (bytes.length < 28) throw this.#problem("truncated", bytes.length, `a reftable of ${bytes.length} bytes`);
    if (nameOfBytes(bytes.subarray(0, 4)) !== "REFT") throw this.#problem("bad-signature", 0, "no reftable");
    const version = bytes[4]!;
    if (version !== 1 && version !== 2) throw this.#problem("bad-version", 4, `reftable version ${version}`);
    this.#headerByteLength = headerByteLengths[version]!;
    const id = version === 1 ? sha1Id : this.#data.getUint32(24);
    const found = id === sha256Id ? sha256 : id === sha1Id ? sha1 : undefined;
    if (found !== format)
      throw this.#problem("bad-hash-id", 24, `ids of another length than ${format.byteLength} bytes`);
    this.#blockByteLength = this.#u24(5);
    const footer = bytes.length - this.#headerByteLength - footerRestByteLength;
    if (footer < this.#headerByteLength) throw this.#problem("truncated", bytes.length, "a reftable without a footer");
    // The sections behind the refs; one that is not there has place 0, and the objects' holds a length in its low 5 bits.
    const places = [0, 8, 24].map((at) => this.#u64(footer + this.#headerByteLength + at));
    const objects = Math.floor(this.#u64(footer + this.#headerByteLength + 8) / 32);
    const behind = [places[0]!, objects, places[2]!].filter((place) => place > 0 && place <= footer);
    this.#refsEnd = Math.min(footer, ...behind);
    const logs = bytes[this.#headerByteLength] === logBlock ? 0 : places[2]!;
    const logIndex = this.#u64(footer + this.#headerByteLength + 32);
    const hasLogs = logs > 0 ? logs < footer : bytes[this.#headerByteLength] === logBlock;
    this.#logs = hasLogs ? { start: logs, end: logIndex > logs && logIndex < footer ? logIndex : footer } : undefined;
  }

  /** The record of that name; undefined if there is none. @throws GitmidxError `truncated` or `bad-ref` */
  find(name: Uint8Array): ReftableRef | undefined {
    for (const ref of this.from(name)) return compareBytes(ref.name, name) === 0 ? ref : undefined;
    return undefined;
  }

  /** What the table has of a ref's log; undefined if that is nothing. @throws GitmidxError as `readReftableLogs` */
  log(name: string): ReftableLog | undefined {
    return this.#readLogs()?.get(name);
  }

  /** The names of which the table has logs, or that they are gone. @throws GitmidxError as `readReftableLogs` */
  logNames(): Iterable<string> {
    return this.#readLogs()?.keys() ?? [];
  }

  #readLogs(): ReadonlyMap<string, ReftableLog> | undefined {
    if (this.#logs === undefined) return undefined;
    const section = { ...this.#logs, bytes: this.#bytes, headerByteLength: this.#headerByteLength };
    this.#logsByName ??= readReftableLogs(this.#path, section, this.#format);
    return this.#logsByName;
  }

  /** The records whose names are not below `name`, by name. @throws GitmidxError `truncated` or `bad-ref` */
  *from(name: Uint8Array): Generator<ReftableRef, void, undefined> {
    const blocks = this.#refBlocks();
    let low = 0;
    let high = blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const [first] = this.#records(blocks[middle]!);
      if (first === undefined || compareBytes(first.name, name) <= 0) low = middle + 1;
      else high = middle;
    }
    for (let block = Math.max(0, low - 1); block < blocks.length; block++) {
      for (const ref of this.#records(blocks[block]!)) if (compareBytes(ref.name, name) >= 0) yield ref;
    }
  }

  /** Where each block of refs begins; of the first, where the header ends. */
  #refBlocks(): readonly number[] {
    if (this.#blocks !== undefined) return this.#blocks;
    const blocks: number[] = [];
    for (let start = 0; start < this.#refsEnd; ) {
      const at = start === 0 ? this.#headerByteLength : start;
      if (this.#bytes[at] !== refBlock) break;
      const byteLength = this.#u24(at + 1);
      const end = start + byteLength;
      if (byteLength < 6 || end > this.#refsEnd)
        throw this.#problem("truncated", at, "a block that ends outside of its section");
      blocks.push(at);
      // a block that is not filled up is followed by the next at once, or by zeros
      const aligned = this.#blockByteLength > byteLength && (end >= this.#bytes.length || this.#bytes[end] === 0);
      start += aligned ? this.#blockByteLength : byteLength;
    }
    this.#blocks = blocks;
    return blocks;
  }

  *#records(at: number): Generator<ReftableRef, void, undefined> {
    const start = at === this.#headerByteLength ? 0 : at;
    const blockEnd = start + this.#u24(at + 1);
    const restarts = this.#data.getUint16(blockEnd - 2);
    const cursor = new RecordCursor(this.#bytes, at + 4, blockEnd - 2 - 3 * restarts, (place, message) =>
      this.#problem("bad-ref", place, message),
    );
    while (!cursor.atEnd) {
      const kind = cursor.next();
      const name = cursor.key;
      cursor.varint();
      yield { name, value: this.#value(cursor, kind) };
    }
  }

  #value(cursor: RecordCursor, kind: number): ReftableRef["value"] {
    const { byteLength } = this.#format;
    if (kind === 0) return { kind: "removed" };
    if (kind === 1) {
      const oid = cursor.take(byteLength);
      return { kind: "id", oid, peeled: oid };
    }
    if (kind === 2) return { kind: "id", oid: cursor.take(byteLength), peeled: cursor.take(byteLength) };
    if (kind === 3) return { kind: "symbolic", target: nameOfBytes(cursor.take(cursor.varint())) };
    throw this.#problem("bad-ref", cursor.at, `a record of kind ${kind}`);
  }

  #u24(at: number): number {
    return this.#data.getUint32(at - 1) % 0x100_0000;
  }

  #u64(at: number): number {
    return this.#data.getUint32(at) * 2 ** 32 + this.#data.getUint32(at + 4);
  }

  #problem(code: ErrorCode, offset: number, what: string): GitmidxError {
    return new GitmidxError(code, `${this.#path}: found ${what}`, { path: this.#path, offset });
  }
}
