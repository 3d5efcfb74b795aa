/** One change at a time to a sound bitmap file, with what must be said of it. */

import type { ErrorCode } from "../../src/core/errors.js";
import { entryHeaderByteLength, lookupRowByteLength } from "../../src/formats/bitmap/layout.js";
import { pseudoMergeRowByteLength } from "../../src/formats/bitmap/pseudo-merges.js";
import type { BitmapView } from "../../src/formats/bitmap/view.js";
import { u32 } from "./midx-damages.js";

/** A damaged file, and how it shows. */
export interface BitmapDamage {
  readonly what: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly code: ErrorCode;
  /** What the error says. */
  readonly message: string;
  /** Which step throws it. */
  readonly at: "open" | "types" | "find" | "entries" | "bits" | "merges";
  /** Whether git says the same; it does not look at everything. */
  readonly git: boolean;
  /** Index position of a commit whose bitmap must be asked for, if not just any. */
  readonly position?: number;
}

function patched(bytes: Uint8Array, at: number, values: readonly number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

function u64(value: number): number[] {
  return [...u32(Math.floor(value / 2 ** 32)), ...u32(value >>> 0)];
}

type Made = Omit<BitmapDamage, "bytes"> & { readonly bytes: Uint8Array };

/** Damage to the header and the sizes of the sections. */
export function headerDamages(bytes: Uint8Array, view: BitmapView): BitmapDamage[] {
  const { lookupTable, nameHashes, pseudoMerges, typesOffset } = view.layout;
  const open = (what: string, changed: Uint8Array, code: ErrorCode, message: string, git = true): Made => {
    return { what, bytes: changed, code, message, at: "open", git };
  };
  const u16 = (at: number, value: number) => patched(bytes, at, [value >>> 8, value & 255]);
  const short = bytes.slice(0, typesOffset + view.format.byteLength - 1);
  const tooShortFor = (what: string) => `corrupted bitmap index file (too short to fit ${what})`;
  const made = [
    open("nothing", new Uint8Array(0), "truncated", "corrupted bitmap index (too small)", false),
    open("cut short", short, "truncated", "corrupted bitmap index (too small)"),
    open("signature", patched(bytes, 0, [0x62]), "bad-signature", "corrupted bitmap index file (wrong header)"),
    open("version", u16(4, 2), "bad-version", "unsupported version '2' for bitmap index file"),
    open("version 65535", u16(4, 0xffff), "bad-version", "unsupported version '65535' for bitmap index file"),
    open(
      "no full DAG",
      u16(6, view.flags & ~1),
      "bad-header",
      "unsupported options for bitmap index file (Git requires BITMAP_OPT_FULL_DAG)",
      false,
    ),
  ];
  if (nameHashes !== undefined) {
    const cut = bytes.slice(0, typesOffset + view.format.byteLength + nameHashes.byteLength - 1);
    made.push(open("cut before the hashes", cut, "truncated", tooShortFor("hash cache")));
  }
  if (lookupTable !== undefined)
    made.push(open("entry count", patched(bytes, 8, u32(0xffff_ffff)), "truncated", tooShortFor("lookup table")));
  else
    made.push(
      open("entry count", patched(bytes, 8, u32(0xffff_ffff)), "truncated", tooShortFor("4294967295 entries"), false),
    );
  if (pseudoMerges !== undefined) {
    const end = pseudoMerges.offset + pseudoMerges.byteLength;
    const short = "corrupted bitmap index file, pseudo-merge table too short";
    made.push(
      open("merge section size", patched(bytes, end - 8, u64(2 ** 40)), "truncated", tooShortFor("pseudo-merge table")),
      open("merge section of 8 bytes", patched(bytes, end - 8, u64(8)), "bad-pseudo-merge", short),
      open("merge count", patched(bytes, end - 24, u32(0xffff_ffff)), "bad-pseudo-merge", short),
      open(
        "merge row count",
        patched(bytes, end - 20, u32(0xffff_ffff)),
        "bad-pseudo-merge",
        "corrupted bitmap index file, 4294967295 pseudo-merge commits do not fit",
        false,
      ),
    );
  }
  return made.map(owned);
}

/** Damage to the compressed bitmaps of types and entries. */
export function ewahDamages(bytes: Uint8Array, view: BitmapView): BitmapDamage[] {
  const one = (at: BitmapDamage["at"], what: string, place: number, value: number, message: string): Made => {
    const changed = patched(bytes, place, u32(value));
    return { what, bytes: changed, code: "bad-ewah", message: `corrupt ewah bitmap: ${message}`, at, git: false };
  };
  const types = view.layout.typesOffset;
  const [first] = [...view.entries()];
  const own = first!.offset + entryHeaderByteLength;
  const short = 8 * 0xffff_ffff - (view.layout.entriesEnd - types - 8);
  const beyond = `bits where there are ${view.bitLimit} objects`;
  const made = [
    one("open", "a type's word count", types + 4, 0xffff_ffff, `eof in data (${short} bytes short)`),
    one("open", "a type without words", types + 4, 0, "0 words, but a marker is the least"),
    one("types", "a type's bit size", types, 0xffff_ffff, `4294967295 ${beyond}`),
    one("bits", "an entry's bit size", own, 0x8000_0000, `2147483648 ${beyond}`),
  ];
  return made.map(owned);
}

/** Damage to what stands before the bitmaps of entries. */
export function entryDamages(bytes: Uint8Array, view: BitmapView): BitmapDamage[] {
  const { bitLimit, hasLookupTable } = view;
  const [first, second] = [...view.entries()];
  const one = (at: BitmapDamage["at"], what: string, place: number, value: readonly number[], message: string) => {
    const changed = patched(bytes, place, value);
    // With a lookup table git reads none of these.
    const git = at === "entries" && !hasLookupTable;
    return { what, bytes: changed, code: "bad-bitmap-entry", message, at, git } as const;
  };
  const corrupted = "corrupted bitmap pack index";
  const outside = `corrupt ewah bitmap: commit index ${bitLimit} out of range`;
  const made = [
    one("entries", "commit of an entry", first!.offset, u32(bitLimit), outside),
    one("entries", "xor offset too far", first!.offset + 4, [161], corrupted),
    one("entries", "xor offset before the first", second!.offset + 4, [2], corrupted),
  ];
  if (!hasLookupTable) {
    // Git names the commit where this tells its position.
    const twice = `duplicate entry in bitmap index: commit index ${first!.position}`;
    made.push(one("find", "two entries for a commit", second!.offset, u32(first!.position), twice));
  }
  return made.map(owned);
}

/** Damage to the lookup table. */
export function lookupDamages(bytes: Uint8Array, view: BitmapView): BitmapDamage[] {
  const table = view.layout.lookupTable!.offset;
  const rows = Array.from({ length: view.entryCount }, (_, row) => view.lookupTable()!.rowAt(row));
  const row = rows.findIndex(({ xorRow }) => xorRow !== 0xffff_ffff);
  const { position, offset, xorRow } = rows[row]!;
  const one = (
    at: BitmapDamage["at"],
    what: string,
    place: number,
    value: readonly number[],
    message: string,
    git = false,
  ): Made => ({
    what,
    bytes: patched(bytes, place, value),
    code: "bad-lookup-table",
    message: `corrupt bitmap lookup table: ${message}`,
    at,
    git,
    position,
  });
  const at = table + lookupRowByteLength * row;
  const last = rows.length - 1;
  const limit = view.bitLimit;
  const other = rows[row === 0 ? 1 : 0]!;
  return [
    one("bits", "xor row", at + 12, u32(rows.length), "triplet position out of index", true),
    one(
      "find",
      "xor row taken away",
      at + 12,
      u32(0xffff_ffff),
      `xor row 4294967295, but the xor offset of the entry is ${view.find(position)!.xorOffset}`,
    ),
    one(
      "bits",
      "xor row of its own",
      at + 12,
      u32(row),
      `xor row ${row} has an entry at ${offset}, which is not before ${offset}`,
    ),
    one("find", "last position", table + lookupRowByteLength * last, u32(limit), `commit index ${limit} out of range`),
    one("find", "offset", at + 4, u64(2 ** 52), `offset ${2 ** 52} is not among the entries`),
    one(
      "find",
      "offset of another",
      at + 4,
      u64(other.offset),
      `commit index ${position} has an entry of commit index ${other.position}`,
    ),
    one(
      "bits",
      "position of a base",
      table + lookupRowByteLength * xorRow,
      u32(limit),
      `commit index ${limit} out of range`,
      true,
    ),
  ].map(owned);
}

/** Damage to the tables of the pseudo-merges. */
export function mergeDamages(bytes: Uint8Array, view: BitmapView): BitmapDamage[] {
  const { offset, byteLength } = view.layout.pseudoMerges!;
  const merges = view.pseudoMerges()!;
  const end = offset + byteLength;
  const positions = end - 24 - 8 * merges.count;
  const rows = view.source.u64(end - 16) + offset;
  const bits = [...merges.memberBits()];
  const single = bits.findIndex((bit) => merges.mergesOf(bit).length === 1);
  const many = bits.findIndex((bit) => merges.mergesOf(bit).length > 1);
  const row = (i: number) => rows + pseudoMergeRowByteLength * i;
  const list = view.source.u32(row(many) + 8);
  const one = (what: string, place: number, value: readonly number[], message: string): Made => ({
    what,
    bytes: patched(bytes, place, value),
    code: "bad-pseudo-merge",
    message,
    at: "merges",
    git: false,
  });
  const inPlaceOf = (i: number, at: number) => `pseudo-merge ${i} begins at ${at}, which is out of place`;
  return [
    one("first merge", positions, u64(offset - 1), inPlaceOf(0, offset - 1)),
    one("second merge before the first", positions + 8, u64(offset), inPlaceOf(1, offset)),
    one("last merge among the rows", positions + 8 * (merges.count - 1), u64(rows), inPlaceOf(merges.count - 1, rows)),
    one("two rows for a bit", row(1), u32(bits[0]!), `bit ${bits[0]} has two rows among the pseudo-merge commits`),
    one(
      "offset in a row",
      row(single) + 4,
      u64(offset + 1),
      `could not find pseudo-merge for commit of bit ${bits[single]} at offset ${offset + 1}`,
    ),
    one(
      "list far away",
      row(many) + 8,
      u32(0x7fff_ffff),
      `extended pseudo-merge read out-of-bounds (2147483647 >= ${positions})`,
    ),
    one(
      "length of a list",
      list,
      u32(0xffff_ffff),
      `extended pseudo-merge entry is too short (4294967295 offsets in ${positions - list} bytes)`,
    ),
  ].map(owned);
}

function owned(damage: Made): BitmapDamage {
  return { ...damage, bytes: Uint8Array.from(damage.bytes) };
}
