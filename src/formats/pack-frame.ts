/**
 * The frame of a pack: what stands before and behind its entries (gitformat-pack).
 *
 *     0     PACK, u32 version 2 or 3, u32 number of objects
 *     end   checksum of all before
 */

import type { ByteSource } from "../bytes/source.js";
import { type ErrorCode, GitmidxError } from "../core/errors.js";
import { type ObjectFormat, toHex } from "../core/oid.js";

export const packSignature = 0x5041434b;
/** Bytes before the first entry. */
export const packHeaderByteLength = 12;

/**
 * Checks that a pack's header and trailer are those that its index expects; the entries are not read.
 * @param count objects in the index.
 * @param checksum the pack's checksum as the index has it.
 * @throws GitmidxError `truncated`, `bad-signature`, `bad-version` or `pack-index-mismatch`, in git's words.
 */
export function checkPackFrame(source: ByteSource, format: ObjectFormat, count: number, checksum: Uint8Array): void {
  const path = source.name;
  const fail = (code: ErrorCode, offset: number, message: string) => new GitmidxError(code, message, { path, offset });
  if (source.size < packHeaderByteLength + format.byteLength)
    throw fail("truncated", source.size, `file ${path} is far too short to be a packfile`);
  if (source.u32(0) !== packSignature) throw fail("bad-signature", 0, `file ${path} is not a GIT packfile`);
  const version = source.u32(4);
  if (version !== 2 && version !== 3) {
    throw fail(
      "bad-version",
      4,
      `packfile ${path} is version ${version} and not supported (try upgrading GIT to a newer version)`,
    );
  }
  const objects = source.u32(8);
  if (objects !== count) {
    throw fail(
      "pack-index-mismatch",
      8,
      `packfile ${path} claims to have ${objects} objects while index indicates ${count} objects`,
    );
  }
  const end = source.size - format.byteLength;
  const stored = toHex(source.copy(end, format.byteLength));
  if (stored !== toHex(checksum)) {
    throw fail(
      "pack-index-mismatch",
      end,
      `packfile ${path} does not match index: checksum ${stored}, not ${toHex(checksum)}`,
    );
  }
}
