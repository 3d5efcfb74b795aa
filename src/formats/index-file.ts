/**
 * The index (gitformat-index), as far as it names objects.
 *
 *     DIRC, u32 version (2, 3, 4), u32 count
 *     entries: 40 bytes of stat, of which the u32 at 24 is the mode, the id, u16 flags: bit 14 more flags, bits 12–13 stage, name length;
 *              u16 more flags from version 3; the name, a NUL, and NULs to a multiple of 8
 *              in version 4: how many bytes to take off the name before, what to put there, a NUL
 *     extensions: 4 letters, u32 length, bytes
 *     checksum
 */

import { nameOfBytes } from "../bytes/name-text.js";
import { type ErrorCode, GitmidxError } from "../core/errors.js";
import type { ObjectFormat } from "../core/oid.js";

/** A path of the index. */
export interface IndexEntry {
  readonly name: string;
  /** 0, or 1 to 3 for the sides of a conflict. */
  readonly stage: number;
  readonly mode: number;
  readonly oid: Uint8Array;
}

const headerByteLength = 12;
const statByteLength = 40;
const moreFlags = 0x4000;

/**
 * The entries in their order: by path, then by stage; what is returned at the end is where the extensions begin.
 * @throws GitmidxError in git's words: `bad-signature`, `bad-version`; `truncated`; `unsupported` for a split index.
 */
export function* indexEntries(
  path: string,
  bytes: Uint8Array,
  format: ObjectFormat,
): Generator<IndexEntry, number, undefined> {
  const fail = (code: ErrorCode, message: string) => new GitmidxError(code, message, { path });
  if (bytes.length < headerByteLength + format.byteLength)
    throw fail("truncated", `${path}: index file smaller than expected`);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (data.getUint32(0) !== 0x44495243) throw fail("bad-signature", `bad signature 0x${hex8(data.getUint32(0))}`);
  const version = data.getUint32(4);
  if (version < 2 || version > 4) throw fail("bad-version", `bad index version ${version}`);
  const end = bytes.length - format.byteLength;
  let at = headerByteLength;
  let name: Uint8Array = new Uint8Array(0);
  for (let left = data.getUint32(8); left > 0; left--) {
    const start = at;
    at += statByteLength + format.byteLength + 2;
    if (at > end) throw fail("truncated", `${path}: the index ends inside an entry`);
    const flags = data.getUint16(at - 2);
    if ((flags & moreFlags) !== 0) at += 2;
    const keep = version === 4 ? prefixOf(bytes, at, name.length) : { length: 0, at };
    const nameEnd = bytes.indexOf(0, keep.at);
    if (nameEnd < 0 || nameEnd >= end || keep.length < 0)
      throw fail("truncated", `${path}: the index ends inside a name`);
    const next = new Uint8Array(keep.length + nameEnd - keep.at);
    next.set(name.subarray(0, keep.length));
    next.set(bytes.subarray(keep.at, nameEnd), keep.length);
    name = next;
    at = version === 4 ? nameEnd + 1 : start + ((nameEnd - start + 8) & ~7);
    const oidAt = start + statByteLength;
    yield {
      name: nameOfBytes(name),
      stage: (flags >> 12) & 3,
      mode: data.getUint32(start + 24),
      oid: bytes.slice(oidAt, oidAt + format.byteLength),
    };
  }
  const extensions = at;
  for (; at + 8 <= end; at += 8 + data.getUint32(at + 4)) {
    if (data.getUint32(at) === 0x6c696e6b) throw fail("unsupported", `${path}: a split index is not read`);
  }
  return extensions;
}

/** How much of the name before is kept, and where the rest stands: the number is as an OFS delta's distance. */
function prefixOf(bytes: Uint8Array, start: number, before: number): { readonly length: number; readonly at: number } {
  let at = start;
  let byte = bytes[at++]!;
  let strip = byte & 127;
  while (byte >= 128) {
    byte = bytes[at++] ?? 0;
    strip = (strip + 1) * 128 + (byte & 127);
  }
  return { length: before - strip, at };
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, "0");
}
