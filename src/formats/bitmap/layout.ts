/**
 * Bitmap files, `.bitmap` (gitformat-bitmap): which objects the chosen commits of a pack, a MIDX or a layer of a chain reach.
 *
 *     0   BITM, u16 version 1, u16 flags, u32 number of entries
 *     12  checksum of the pack or MIDX that the file is for
 *         four compressed bitmaps: all commits, trees, blobs, tags
 *         entries: u32 index position of the commit, u8 how many entries before stands the one it is XORed with, or 0; u8 flags;
 *                  compressed bitmap
 *         [flag 0x20: pseudo-merges, see pseudo-merges.ts]
 *         [flag 0x10: lookup table, see lookup-table.ts]
 *         [flag 0x4: u32 name hash of each object of this pack or layer, by index position]
 *         checksum of all before
 *
 * The sections in brackets are found from the end. Bit i stands for object i in the order of the pack's offsets, or in the pseudo-pack
 * order of the MIDX or chain. In a layer bits and positions count from the objects of the layers below.
 */

import type { ByteSource } from "../../bytes/source.js";
import { type ErrorCode, GitmidxError } from "../../core/errors.js";
import { maxOffset } from "../../core/limits.js";
import type { ObjectFormat } from "../../core/oid.js";
import { ewahFrameByteLength } from "../ewah/ewah.js";

export const bitmapSignature = 0x4249544d;
/** Bytes before the checksum of the pack or MIDX. */
export const bitmapHeaderByteLength = 12;

/** Every object that one of the objects links to is there too; no file is without this flag. */
export const fullDagFlag = 0x1;
export const nameHashesFlag = 0x4;
export const lookupTableFlag = 0x10;
export const pseudoMergesFlag = 0x20;

/** Bytes of an entry before its compressed bitmap. */
export const entryHeaderByteLength = 6;
/** Bytes of the shortest entry. */
export const shortestEntryByteLength = entryHeaderByteLength + ewahFrameByteLength + 8;
/** How many entries back the one may stand that an entry is XORed with. */
export const maxXorOffset = 160;
export const lookupRowByteLength = 16;
/** Bytes of the numbers that end the section of the pseudo-merges. */
export const pseudoMergesFooterByteLength = 24;

/** What a bitmap file is for. */
export interface BitmapPlace {
  readonly format: ObjectFormat;
  /** Objects of the pack, MIDX or layer itself. */
  readonly objectCount: number;
  /** Objects of the layers below, 0 if it is no layer: its positions and the bits of its own objects begin there. */
  readonly objectsBelow: number;
}

/** A stretch of the file. */
export interface Section {
  readonly offset: number;
  readonly byteLength: number;
}

/** Where what stands in a file. */
export interface BitmapLayout {
  readonly place: BitmapPlace;
  readonly flags: number;
  readonly entryCount: number;
  /** Where the bitmaps of the types begin. */
  readonly typesOffset: number;
  /** Where the entries end. */
  readonly entriesEnd: number;
  readonly pseudoMerges: Section | undefined;
  readonly lookupTable: Section | undefined;
  readonly nameHashes: Section | undefined;
}

/** One bit more than the highest that may be set. */
export function bitLimitOf(place: BitmapPlace): number {
  return place.objectsBelow + place.objectCount;
}

/** An error about a bitmap file. */
export function bitmapProblem(source: ByteSource, code: ErrorCode, offset: number, message: string): GitmidxError {
  // An offset that the file itself gives may be anywhere.
  return new GitmidxError(code, message, { path: source.name, offset: Math.min(offset, source.size) });
}

/**
 * Reads the header and finds the sections; nothing else is read.
 * @throws GitmidxError `truncated`, `bad-signature`, `bad-version`, `bad-header` or `bad-pseudo-merge`, in git's words where git has any.
 */
export function readBitmapLayout(source: ByteSource, place: BitmapPlace): BitmapLayout {
  const hashByteLength = place.format.byteLength;
  const fail = (code: ErrorCode, offset: number, message: string) => bitmapProblem(source, code, offset, message);
  const typesOffset = bitmapHeaderByteLength + hashByteLength;
  if (source.size < typesOffset + hashByteLength)
    throw fail("truncated", source.size, "corrupted bitmap index (too small)");
  if (source.u32(0) !== bitmapSignature) throw fail("bad-signature", 0, "corrupted bitmap index file (wrong header)");
  const versionAndFlags = source.u32(4);
  const version = versionAndFlags >>> 16;
  if (version !== 1) throw fail("bad-version", 4, `unsupported version '${version}' for bitmap index file`);
  const flags = versionAndFlags & 0xffff;
  if ((flags & fullDagFlag) === 0)
    throw fail("bad-header", 6, "unsupported options for bitmap index file (Git requires BITMAP_OPT_FULL_DAG)");
  const entryCount = source.u32(8);

  let end = source.size - hashByteLength;
  const takeFromEnd = (byteLength: number, what: string): Section => {
    if (byteLength > end - typesOffset)
      throw fail("truncated", end, `corrupted bitmap index file (too short to fit ${what})`);
    end -= byteLength;
    return { offset: end, byteLength };
  };
  const has = (flag: number) => (flags & flag) !== 0;
  const nameHashes = has(nameHashesFlag) ? takeFromEnd(4 * place.objectCount, "hash cache") : undefined;
  const lookupTable = has(lookupTableFlag) ? takeFromEnd(lookupRowByteLength * entryCount, "lookup table") : undefined;
  let pseudoMerges: Section | undefined;
  if (has(pseudoMergesFlag)) {
    if (end - typesOffset < pseudoMergesFooterByteLength)
      throw fail("truncated", end, "corrupted bitmap index file (too short to fit pseudo-merge table header)");
    const byteLength = source.u64(end - 8);
    if (byteLength < pseudoMergesFooterByteLength)
      throw fail("bad-pseudo-merge", end - 8, "corrupted bitmap index file, pseudo-merge table too short");
    pseudoMerges = takeFromEnd(Math.min(byteLength, maxOffset), "pseudo-merge table");
  }
  if (shortestEntryByteLength * entryCount > end - typesOffset)
    throw fail("truncated", 8, `corrupted bitmap index file (too short to fit ${entryCount} entries)`);
  if (entryCount > place.objectCount)
    throw fail("bad-header", 8, `${entryCount} entries in a bitmap index file for ${place.objectCount} objects`);
  return { place, flags, entryCount, typesOffset, entriesEnd: end, pseudoMerges, lookupTable, nameHashes };
}
