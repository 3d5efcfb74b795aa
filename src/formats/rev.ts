/**
 * Reverse indexes, `.rev` (gitformat-pack): the objects of a pack in the order of their offsets.
 *
 *     0   RIDX, u32 1, u32 hash id
 *     12  n × u32 idx position, by ascending pack offset
 *         pack checksum, own checksum
 */

import { radixSortPermutation } from "../bytes/radix-sort.js";
import { Sink } from "../bytes/sink.js";
import type { ByteSource } from "../bytes/source.js";
import { type ErrorCode, GitmidxError } from "../core/errors.js";
import type { ObjectFormat } from "../core/oid.js";
import type { IdxPosition, PackPosition } from "../core/positions.js";
import type { Hasher } from "../env/contract.js";

export const revSignature = 0x52494458;
export const revHeaderByteLength = 12;

/** Which object comes where in a pack, whether read from a file or computed. */
export interface PackOrder {
  /** Objects in the pack. */
  readonly count: number;
  /** The idx position of the object whose entry is number `position` by offset. */
  idxPositionAt(position: PackPosition): IdxPosition;
}

/** An opened `.rev` file. Its rows are trusted, as git trusts them: `verify` is who checks them. */
export class RevView implements PackOrder {
  readonly source: ByteSource;
  readonly format: ObjectFormat;
  readonly count: number;

  /**
   * @param count objects in the pack, as its index counts them.
   * @throws GitmidxError `truncated`, `bad-signature`, `bad-version`, `bad-hash-id` or `bad-size`, in git's words.
   */
  constructor(source: ByteSource, format: ObjectFormat, count: number) {
    const fail = (code: ErrorCode, offset: number, message: string) =>
      new GitmidxError(code, `reverse-index file ${source.name} ${message}`, { path: source.name, offset });
    if (source.size < revHeaderByteLength + 2 * format.byteLength) throw fail("truncated", source.size, "is too small");
    if (source.u32(0) !== revSignature) throw fail("bad-signature", 0, "has unknown signature");
    if (source.u32(4) !== 1) throw fail("bad-version", 4, `has unsupported version ${source.u32(4)}`);
    const hashId = source.u32(8);
    if (hashId !== 1 && hashId !== 2) throw fail("bad-hash-id", 8, `has unsupported hash id ${hashId}`);
    if (hashId !== format.hashId)
      throw fail("bad-hash-id", 8, `has hash id ${hashId}, but the repository's is ${format.hashId}`);
    if (source.size !== revHeaderByteLength + 4 * count + 2 * format.byteLength)
      throw fail("bad-size", source.size, "is corrupt");
    this.source = source;
    this.format = format;
    this.count = count;
  }

  idxPositionAt(position: PackPosition): IdxPosition {
    return this.source.u32(revHeaderByteLength + 4 * position) as IdxPosition;
  }

  /** The checksum of the pack that this file is for. */
  packChecksum(): Uint8Array {
    return this.source.copy(this.source.size - 2 * this.format.byteLength, this.format.byteLength);
  }

  /** The checksum of the file itself, as it stands there. */
  checksum(): Uint8Array {
    return this.source.copy(this.source.size - this.format.byteLength, this.format.byteLength);
  }
}

/**
 * The idx positions of a pack's objects by ascending pack offset: what git computes in memory where there is no `.rev`. O(n).
 * @param offsets where each object's entry begins in the pack, in idx order.
 */
export function computeReverseIndex(offsets: Float64Array): Uint32Array {
  return radixSortPermutation(offsets);
}

/**
 * Encodes a `.rev` file, byte for byte as git writes it.
 * @param positions idx positions by ascending pack offset.
 * @param hasher a fresh hasher of that format, for the file's own checksum.
 */
export function encodeRev(
  format: ObjectFormat,
  positions: Uint32Array,
  packChecksum: Uint8Array,
  hasher: Hasher,
): Uint8Array {
  const sink = new Sink(revHeaderByteLength + 4 * positions.length + 2 * format.byteLength);
  sink.u32(revSignature);
  sink.u32(1);
  sink.u32(format.hashId);
  for (const position of positions) sink.u32(position);
  sink.bytes(packChecksum);
  hasher.update(sink.written());
  sink.bytes(hasher.digest());
  return sink.finish();
}
