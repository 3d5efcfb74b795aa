/**
 * Modification times of the objects in a cruft pack, `.mtimes` (gitformat-pack).
 *
 *     0   MTME, u32 1, u32 hash id
 *     12  n × u32 seconds since 1970, in the order of the index
 *         pack checksum, own checksum
 */

import { Sink } from "../bytes/sink.js";
import type { ByteSource } from "../bytes/source.js";
import { type ErrorCode, GitmidxError } from "../core/errors.js";
import type { ObjectFormat } from "../core/oid.js";
import type { IdxPosition } from "../core/positions.js";
import type { Hasher } from "../env/contract.js";

export const mtimesSignature = 0x4d544d45;
export const mtimesHeaderByteLength = 12;

/** An opened `.mtimes` file. Its checksum is not looked at, as git does not. */
export class MtimesView {
  readonly source: ByteSource;
  readonly format: ObjectFormat;
  readonly count: number;

  /**
   * @param count objects in the pack, as its index counts them.
   * @throws GitmidxError `truncated`, `bad-signature`, `bad-version`, `bad-hash-id` or `bad-size`, in git's words.
   */
  constructor(source: ByteSource, format: ObjectFormat, count: number) {
    const fail = (code: ErrorCode, offset: number, message: string) =>
      new GitmidxError(code, `mtimes file ${source.name} ${message}`, { path: source.name, offset });
    if (source.size < mtimesHeaderByteLength) throw fail("truncated", source.size, "is too small");
    if (source.u32(0) !== mtimesSignature) throw fail("bad-signature", 0, "has unknown signature");
    if (source.u32(4) !== 1) throw fail("bad-version", 4, `has unsupported version ${source.u32(4)}`);
    const hashId = source.u32(8);
    if (hashId !== 1 && hashId !== 2) throw fail("bad-hash-id", 8, `has unsupported hash id ${hashId}`);
    if (hashId !== format.hashId)
      throw fail("bad-hash-id", 8, `has hash id ${hashId}, but the repository's is ${format.hashId}`);
    if (source.size !== mtimesHeaderByteLength + 4 * count + 2 * format.byteLength)
      throw fail("bad-size", source.size, "is corrupt");
    this.source = source;
    this.format = format;
    this.count = count;
  }

  /** When the object was last known to be in use: seconds since 1970. */
  mtimeAt(position: IdxPosition): number {
    return this.source.u32(mtimesHeaderByteLength + 4 * position);
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
 * Encodes an `.mtimes` file, byte for byte as git writes it.
 * @param mtimes seconds since 1970 of each object, in the order of the index.
 * @param hasher a fresh hasher of that format, for the file's own checksum.
 */
export function encodeMtimes(
  format: ObjectFormat,
  mtimes: Uint32Array,
  packChecksum: Uint8Array,
  hasher: Hasher,
): Uint8Array {
  const sink = new Sink(mtimesHeaderByteLength + 4 * mtimes.length + 2 * format.byteLength);
  sink.u32(mtimesSignature);
  sink.u32(1);
  sink.u32(format.hashId);
  for (const mtime of mtimes) sink.u32(mtime);
  sink.bytes(packChecksum);
  hasher.update(sink.written());
  sink.bytes(hasher.digest());
  return sink.finish();
}
