/** Every object of a repository: as they lie, or by id; each once. */

import { compareBytes } from "../../bytes/name-text.js";
import { OidSet } from "../../bytes/oid-set.js";
import { radixSortPermutation } from "../../bytes/radix-sort.js";
import { withRanges } from "../../bytes/source.js";
import { type ObjectFormat, oidFromHex } from "../../core/oid.js";
import type { PackPosition } from "../../core/positions.js";
import { looseIds } from "../../store/loose.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { OpenPack } from "../../store/open-pack.js";

/** Where objects are. */
export interface ObjectPlaces {
  readonly directories: readonly ObjectDirectory[];
  readonly packs: readonly OpenPack[];
  readonly format: ObjectFormat;
}

/** Told of each object; a promise is awaited before the next. The id may be reused. */
export type ObjectVisitor = (
  oid: Uint8Array,
  place: { readonly pack: OpenPack; readonly offset: number; readonly position: PackPosition } | undefined,
) => Promise<void> | undefined;

/** The ids that have been visited. */
export type SeenIds = Pick<OidSet, "add">;

/** Visits a whole pack in another way, without the ids that were seen; false if it does not, and nothing has been visited. */
export type PackVisitor = (pack: OpenPack, seen: SeenIds | undefined) => Promise<boolean>;

/** Entries whose places are looked up together. */
const blockLength = 4096;

const bytePrefixes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Visits loose objects, then packs in the order of their entries. @throws GitmidxError a code of a damaged file */
export async function visitAsStored(
  places: ObjectPlaces,
  visit: ObjectVisitor,
  visitWhole?: PackVisitor | undefined,
): Promise<void> {
  const { directories, packs, format } = places;
  const total = packs.length > 1 ? await objectCount(packs) : 0;
  const seen = new OidSet(format.byteLength, total);
  for (const directory of directories) {
    for (const prefix of bytePrefixes) {
      for (const hex of await looseIds(directory, prefix)) {
        const oid = oidFromHex(hex, format);
        if (seen.add(oid) >= 0) await visit(oid, undefined);
      }
    }
  }
  // within one pack no id comes twice
  const isAlone = packs.length === 1 && seen.count === 0;
  for (const pack of packs) {
    const ids = isAlone ? undefined : seen;
    const isDone = await visitWhole?.(pack, ids);
    if (isDone !== true) await visitPack(pack, ids, visit);
  }
}

async function visitPack(pack: OpenPack, seen: OidSet | undefined, visit: ObjectVisitor): Promise<void> {
  await pack.open();
  const { count } = pack.order;
  const { offset: table, stride, idOffset, idByteLength } = pack.idx.ids.layout;
  const rows = await withRanges(() => pack.idx.ids.source.copy(table, count * stride));
  const block = { rows: new Uint32Array(blockLength), offsets: new Float64Array(blockLength) };
  for (let start = 0; start < count; start += blockLength) {
    const length = Math.min(blockLength, count - start);
    await withRanges(() => {
      for (let i = 0; i < length; i++) {
        const row = pack.order.idxPositionAt((start + i) as PackPosition);
        block.rows[i] = row;
        block.offsets[i] = pack.idx.offsetAt(row);
      }
    });
    for (let i = 0; i < length; i++) {
      const at = block.rows[i]! * stride + idOffset;
      if (seen !== undefined && seen.add(rows, at) < 0) continue;
      const place = { pack, offset: block.offsets[i]!, position: (start + i) as PackPosition };
      const wait = visit(rows.subarray(at, at + idByteLength), place);
      if (wait !== undefined) await wait;
    }
  }
}

/** Visits objects by id. @throws GitmidxError a code of a damaged file */
export async function visitById(places: ObjectPlaces, visit: ObjectVisitor): Promise<void> {
  const { directories, packs, format } = places;
  const { byteLength } = format;
  for (const pack of packs) await pack.openIdx();
  for (let byte = 0; byte < bytePrefixes.length; byte++) {
    const tables: Uint8Array[] = [];
    for (const directory of directories) {
      const hexes = await looseIds(directory, bytePrefixes[byte]!);
      if (hexes.length > 0) tables.push(Uint8Array.from(hexes.flatMap((hex) => [...oidFromHex(hex, format)])));
    }
    for (const pack of packs) {
      const ids = await withRanges(() => idsOfByte(pack, byte));
      if (ids.length > 0) tables.push(ids);
    }
    const ids = concatenated(tables);
    const order = tables.length > 1 ? sortedRows(ids, byteLength) : undefined;
    let last: Uint8Array | undefined;
    for (let i = 0; i < ids.length / byteLength; i++) {
      const at = (order === undefined ? i : order[i]!) * byteLength;
      const oid = ids.subarray(at, at + byteLength);
      if (last !== undefined && compareBytes(last, oid) === 0) continue;
      last = oid;
      const wait = visit(oid, undefined);
      if (wait !== undefined) await wait;
    }
  }
}

/** The ids of a pack that begin with a byte, one after the other. */
function idsOfByte(pack: OpenPack, byte: number): Uint8Array {
  const { ids } = pack.idx;
  const start = ids.bucketStart(byte);
  const count = ids.fanout[byte]! - start;
  const { stride, idOffset, idByteLength } = ids.layout;
  const rows = pack.idx.copyRows(start, start + count);
  if (stride === idByteLength) return rows;
  const packed = new Uint8Array(count * idByteLength);
  for (let i = 0; i < count; i++) {
    packed.set(rows.subarray(i * stride + idOffset, i * stride + idOffset + idByteLength), i * idByteLength);
  }
  return packed;
}

/** The rows of a table of ids that begin with the same byte, in the order of the ids. */
function sortedRows(ids: Uint8Array, byteLength: number): Uint32Array {
  const count = ids.length / byteLength;
  const data = new DataView(ids.buffer, ids.byteOffset, ids.length);
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    keys[i] = data.getUint32(i * byteLength + 1) * 0x10000 + data.getUint16(i * byteLength + 5);
  }
  const order = radixSortPermutation(keys);
  const compare = (a: number, b: number) =>
    compareBytes(
      ids.subarray(a * byteLength, (a + 1) * byteLength),
      ids.subarray(b * byteLength, (b + 1) * byteLength),
    );
  for (let start = 0; start < count; ) {
    let end = start + 1;
    while (end < count && keys[order[end]!] === keys[order[start]!]) end++;
    if (end - start > 1) order.subarray(start, end).sort(compare);
    start = end;
  }
  return order;
}

function concatenated(tables: readonly Uint8Array[]): Uint8Array {
  if (tables.length === 1) return tables[0]!;
  const whole = new Uint8Array(tables.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const table of tables) {
    whole.set(table, at);
    at += table.length;
  }
  return whole;
}

async function objectCount(packs: readonly OpenPack[]): Promise<number> {
  let count = 0;
  for (const pack of packs) count += (await pack.openIdx()).count;
  return count;
}
