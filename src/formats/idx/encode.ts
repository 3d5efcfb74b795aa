/** Encoder of pack index files; the byte map is in view.ts. */

import { Sink } from "../../bytes/sink.js";
import type { ObjectFormat } from "../../core/oid.js";
import type { Hasher } from "../../env/contract.js";
import { idxSignature } from "./view.js";

/** What an index says of its pack: columns of `count` rows, ids ascending. */
export interface IdxContent {
  readonly format: ObjectFormat;
  readonly count: number;
  /** `count` ids one after the other. */
  readonly ids: Uint8Array;
  /** Where each object's entry begins in the pack: 0 to 2^53 − 1. */
  readonly offsets: Float64Array;
  /** CRC32 of each object's entry; not used by version 1. */
  readonly crc32s: Uint32Array;
  /** The pack's trailing checksum. */
  readonly packChecksum: Uint8Array;
}

/** What git's `--index-version=VERSION[,OFFSET]` chooses. */
export interface IdxEncoding {
  /** Default 2. Version 1 is raised to 2 where an offset needs it, as git does. */
  readonly version?: 1 | 2;
  /** Offsets above this one go to the 64-bit table even if they need not: 0 to 0x7fffffff, which is the default. */
  readonly largeOffsetLimit?: number;
  /** Offsets that go there whatever their size: an index that has them there is made again as it was. */
  readonly largeOffsets?: ReadonlySet<number>;
}

/**
 * Encodes an index, byte for byte as git writes it.
 * @param hasher a fresh hasher of the content's format, for the index's own checksum.
 */
export function encodeIdx(content: IdxContent, encoding: IdxEncoding, hasher: Hasher): Uint8Array {
  const { format, count, ids, offsets } = content;
  const limit = encoding.largeOffsetLimit ?? 0x7fff_ffff;
  const { largeOffsets } = encoding;
  const isLarge = (offset: number) => offset > 0x7fff_ffff || offset > limit || largeOffsets?.has(offset) === true;
  let largeCount = 0;
  for (let i = 0; i < count; i++) if (isLarge(offsets[i]!)) largeCount++;
  const version = encoding.version === 1 && largeCount === 0 ? 1 : 2;
  const rowBytes = version === 1 ? 4 + format.byteLength : 8 + format.byteLength;
  const size = (version === 2 ? 8 : 0) + 1024 + count * rowBytes + 8 * largeCount + 2 * format.byteLength;
  const sink = new Sink(size);
  if (version === 2) {
    sink.u32(idxSignature);
    sink.u32(2);
  }
  sink.fanout(ids, format.byteLength, count);
  if (version === 1) {
    for (let i = 0; i < count; i++) {
      sink.u32(offsets[i]!);
      sink.bytes(ids.subarray(i * format.byteLength, (i + 1) * format.byteLength));
    }
  } else {
    sink.bytes(ids.subarray(0, count * format.byteLength));
    for (let i = 0; i < count; i++) sink.u32(content.crc32s[i]!);
    let row = 0;
    for (let i = 0; i < count; i++) sink.u32(isLarge(offsets[i]!) ? 0x8000_0000 + row++ : offsets[i]!);
    for (let i = 0; i < count; i++) if (isLarge(offsets[i]!)) sink.u64(offsets[i]!);
  }
  sink.bytes(content.packChecksum);
  hasher.update(sink.written());
  sink.bytes(hasher.digest());
  return sink.finish();
}
