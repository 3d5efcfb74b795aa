/**
 * The logs of a reftable (git's technical/reftable), behind its refs:
 *
 *     block    u8 kind (g), u24 byte length of the block when inflated, these 4 bytes and, of the file's first block, the header counted,
 *              a zlib stream of: records, restart offsets u24, their count u16; the next block follows at once
 *     record   key as in reftable-records.ts: the ref's name, NUL, u64 2^64 − 1 − update index; by kind nothing (0: removed), or (1)
 *              old id, new id, name, mail, seconds, s16 zone, message: texts behind their lengths
 */

import { env } from "#env";
import { nameOfBytes } from "../bytes/name-text.js";
import { GitmidxError } from "../core/errors.js";
import type { ObjectFormat } from "../core/oid.js";
import { RecordCursor, type RecordProblem } from "./reftable-records.js";

/** A change of a ref. */
export interface ReftableLogEntry {
  /** The id before, and after; all zeros for none. */
  readonly oldOid: Uint8Array;
  readonly newOid: Uint8Array;
  /** Seconds since 1970. */
  readonly time: number;
  /** Offset from UTC as git writes it: `+0100` is 100. */
  readonly zone: number;
  /** Without the line end that git puts behind it. */
  readonly message: string;
}

/** Of each update the entry; undefined where the table takes back one of an older table. */
export type ReftableLog = ReadonlyMap<bigint, ReftableLogEntry | undefined>;

const logBlock = 0x67;
const mostUpdate = 2n ** 64n - 1n;
/** Bytes of a block of logs that are made before the zlib stream has borne them out. */
const mostByteLength = 1 << 24;

/** Where in a table the logs are. */
export interface LogSection {
  readonly bytes: Uint8Array;
  /** Where the first block begins: 0 if it is the file's first. */
  readonly start: number;
  readonly end: number;
  /** Bytes before the first block of the file. */
  readonly headerByteLength: number;
}

/**
 * Reads all logs of a table, by the names of their refs.
 * @throws GitmidxError `truncated`, `bad-ref` or `bad-zlib-stream`
 */
export function readReftableLogs(
  path: string,
  section: LogSection,
  format: ObjectFormat,
): ReadonlyMap<string, ReftableLog> {
  const problem: RecordProblem = (offset, what) =>
    new GitmidxError("bad-ref", `${path}: found ${what}`, { path, offset });
  const { bytes, end } = section;
  const logs = new Map<string, Map<bigint, ReftableLogEntry | undefined>>();
  for (let start = section.start; start < end; ) {
    const at = start === 0 ? section.headerByteLength : start;
    if (bytes[at] !== logBlock || at + 4 > end) break;
    const counted = ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) - 4 - (at - start);
    if (counted < 2 || counted > mostByteLength) throw problem(at, `a block of ${counted} bytes of logs`);
    const block = new Uint8Array(counted + 1);
    const consumed = env.createInflater().inflate(bytes, at + 4, end, block, 0, counted);
    if (consumed < 0) {
      throw new GitmidxError("bad-zlib-stream", `${path}: found a damaged block of logs`, { path, offset: at });
    }
    addRecords(block.subarray(0, counted), format, problem, logs);
    start = at + 4 + consumed;
  }
  return logs;
}

function addRecords(
  block: Uint8Array,
  format: ObjectFormat,
  problem: RecordProblem,
  logs: Map<string, Map<bigint, ReftableLogEntry | undefined>>,
): void {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const cursor = new RecordCursor(block, 0, block.length - 2 - 3 * view.getUint16(block.length - 2), problem);
  while (!cursor.atEnd) {
    const kind = cursor.next();
    const { key } = cursor;
    const nameEnd = key.length - 9;
    if (nameEnd < 0 || key[nameEnd] !== 0) throw problem(cursor.at, "a log without a name");
    const update = mostUpdate - new DataView(key.buffer, key.byteOffset).getBigUint64(nameEnd + 1);
    const name = nameOfBytes(key.subarray(0, nameEnd));
    let log = logs.get(name);
    if (log === undefined) {
      log = new Map();
      logs.set(name, log);
    }
    if (kind > 1) throw problem(cursor.at, `a log of kind ${kind}`);
    log.set(update, kind === 0 ? undefined : readEntry(cursor, format));
  }
}

function readEntry(cursor: RecordCursor, { byteLength }: ObjectFormat): ReftableLogEntry {
  const oldOid = cursor.take(byteLength);
  const newOid = cursor.take(byteLength);
  cursor.take(cursor.varint());
  cursor.take(cursor.varint());
  const time = cursor.varint();
  const [high, low] = cursor.take(2);
  const zone = ((high! << 24) >> 16) | low!;
  const message = nameOfBytes(cursor.take(cursor.varint())).replace(/\n$/, "");
  return { oldOid, newOid, time, zone, message };
}
