/** Thin packs: deltas whose bases the receiver is known to have. The bases are appended, so that the pack can stand by itself. */

import { env } from "#env";
import { GitmidxError } from "../../core/errors.js";
import { objectTypeCode } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import type { Deflater } from "../../env/contract.js";
import { maxObjectHeaderByteLength, writeObjectHeader } from "../../formats/object/header.js";
import { maxEntryHeaderByteLength, refDeltaCode, writeEntryHeader } from "../../formats/pack/entry-header.js";
import type { PackFs, WritableFile } from "../../store/pack-fs.js";
import type { StoredObject } from "../../store/stored-object.js";
import type { EntryTable } from "./entry-table.js";
import type { ResolvedPack } from "./index-entries.js";
import type { IndexPackOptions } from "./options.js";

/** What the completed pack is. */
export interface CompletedPack {
  /** Its new trailer. */
  readonly checksum: Uint8Array;
  /** Bases that were appended. */
  readonly appended: number;
  /** Deltas that are resolved now. */
  readonly resolved: number;
}

/** Room for the bases that may be appended; to be made before the second pass. */
export function reserveForBases(table: EntryTable): void {
  table.reserve(table.count + table.refCount);
}

/**
 * Appends the bases that are missing and that the repository has, in the order in which deltas need them, each only if the ones before did
 * not bring it. A base that is nowhere to be had leaves its deltas unresolved.
 * @param file the pack, written up to its trailer.
 * @throws GitmidxError `object-id-mismatch` if an object of the repository is not what its id says.
 */
export async function completeThinPack(
  fs: PackFs,
  file: WritableFile,
  table: EntryTable,
  pass: ResolvedPack,
  options: IndexPackOptions,
): Promise<CompletedPack> {
  const { format, settings, store } = options;
  const deflater = env.createDeflater({ mode: "exact", level: settings.compressionLevel });
  const { columns, count } = table;
  const { byteLength } = format;
  const before = pass.resolver.resolved;
  for (let row = 0; row < count; row++) {
    if (columns.types[row] !== refDeltaCode || columns.objectTypes[row] !== 0) continue;
    const at = columns.bases[row]! * byteLength;
    const oid = table.refBaseIds.slice(at, at + byteLength);
    const object = await store?.read(oid);
    if (object === undefined) continue;
    checkLocal(oid, object, options);
    await append(file, table, oid, object, deflater);
    const source = await fs.openSource(file.path);
    try {
      pass.reader.useSource(source);
      pass.resolver.resolve(table.count - 1);
      pass.resolver.finish();
    } finally {
      source.close();
    }
  }
  const resolved = pass.count + pass.resolver.resolved - before;
  const appended = table.count - count;
  const checksum = await conclude(fs, file, table, options);
  return { checksum, appended, resolved };
}

function checkLocal(oid: Uint8Array, { type, bytes }: StoredObject, { format }: IndexPackOptions): void {
  const hashed = new Uint8Array(maxObjectHeaderByteLength + bytes.length);
  hashed.set(bytes, maxObjectHeaderByteLength);
  const start = writeObjectHeader(hashed, maxObjectHeaderByteLength, objectTypeCode(type)!, bytes.length);
  const id = new Uint8Array(format.byteLength);
  env.hashInto(format, hashed, start, hashed.length, id, 0);
  if (toHex(id) !== toHex(oid)) {
    throw new GitmidxError(
      "object-id-mismatch",
      `local object ${toHex(oid)} is corrupt\nits content has the id ${toHex(id)}`,
    );
  }
}

async function append(
  file: WritableFile,
  table: EntryTable,
  oid: Uint8Array,
  { type, bytes }: StoredObject,
  deflater: Deflater,
): Promise<void> {
  const { columns, count: row, format } = table;
  const offset = columns.offsets[row]!;
  const code = objectTypeCode(type)!;
  const header = new Uint8Array(maxEntryHeaderByteLength);
  const headerEnd = writeEntryHeader(header, 0, code, bytes.length);
  const stream = deflater.deflate(bytes, 0, bytes.length);
  // One byte more than the entry: whoever inflates it looks at what follows.
  const entry = new Uint8Array(headerEnd + stream.length + 1);
  entry.set(header.subarray(0, headerEnd));
  entry.set(stream, headerEnd);
  const end = entry.length - 1;
  await file.writeAt(offset, entry);
  columns.sizes[row] = bytes.length;
  columns.types[row] = code;
  columns.objectTypes[row] = code;
  columns.headerByteLengths[row] = headerEnd;
  columns.crc32s[row] = env.crc32(entry, 0, end);
  columns.bases[row] = 0;
  columns.ids.set(oid, row * format.byteLength);
  columns.offsets[row + 1] = offset + end;
  table.count++;
}

/** Writes the number of objects and the trailer. @returns the trailer */
async function conclude(
  fs: PackFs,
  file: WritableFile,
  table: EntryTable,
  { format }: IndexPackOptions,
): Promise<Uint8Array> {
  const end = table.columns.offsets[table.count]!;
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, table.count);
  await file.writeAt(8, number);
  const source = await fs.openSource(file.path);
  const hasher = env.createHasher(format);
  try {
    for (const window of source.windows(0, end)) hasher.update(window);
  } finally {
    source.close();
  }
  const checksum = hasher.digest();
  await file.writeAt(end, checksum);
  return checksum;
}
