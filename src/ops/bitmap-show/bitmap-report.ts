/** What a bitmap holds, as far as it can be read. */

import type { ObjectType } from "../../core/object-type.js";
import type { ObjectFormatName } from "../../core/oid.js";
import type { FilePart, InspectedProblem } from "../inspect/file-report.js";

/** Of what something is the bitmap. */
export type BitmapKind = "pack" | "single" | "chain";

/** One file. What is undefined, but for `nameHashes`, cannot be read. */
export interface BitmapFileReport {
  /** Number of the layer, 0 for the oldest; 0 if there are none. */
  readonly layer: number;
  readonly path: string;
  readonly byteLength?: number | undefined;
  readonly version?: number | undefined;
  readonly hash: ObjectFormatName;
  /** The number in the header. */
  readonly flags?: number | undefined;
  /** What the flags mean: `full-dag`, `name-hashes`, `lookup-table`, `pseudo-merges`; others as `0x…`. */
  readonly flagNames?: readonly string[] | undefined;
  /** The checksum of the pack or multi-pack-index that the file is for. */
  readonly owner?: string | undefined;
  /** The file's own checksum, as it stands at its end. */
  readonly checksum?: string | undefined;
  /** Objects of this pack or layer; their bits begin at `firstBit`. */
  readonly objects: number;
  readonly firstBit: number;
  /** Commits with a bitmap, as the header has it. */
  readonly commits?: number | undefined;
  /** Objects that have a name hash other than 0; undefined without a section of name hashes. */
  readonly nameHashes?: number | undefined;
  readonly pseudoMerges: number;
  /** Objects of each type, and bytes that their bitmap takes; without those that cannot be read. */
  readonly types: readonly BitmapTypeReport[];
  readonly parts: readonly FilePart[];
  readonly problems: readonly InspectedProblem[];
}

/** One of the four bitmaps of types. */
export interface BitmapTypeReport {
  readonly type: ObjectType;
  readonly objects: number;
  readonly byteLength: number;
}

/** A commit that has a bitmap. */
export interface BitmapCommitReport {
  readonly layer: number;
  /** Its id in hex; undefined with a `problem` where that cannot be told. */
  readonly commit?: string | undefined;
  /** Its position in the index, and its bit, undefined as its id. */
  readonly position: number;
  readonly bit?: number | undefined;
  /** Objects that it reaches, itself too; undefined with a `problem` where that cannot be told. */
  readonly objects?: number | undefined;
  /** Where its entry begins in the file, and the bytes that it takes. */
  readonly offset: number;
  readonly byteLength: number;
  readonly flags: number;
  /** The commit whose bitmap it is XORed with, and how many entries before it stands; without one 0. */
  readonly xorBase?: string | undefined;
  readonly xorOffset: number;
  /** Bitmaps that must be read before this one. */
  readonly chainLength: number;
  readonly problem?: string | undefined;
}

/** Commits that are answered together. */
export interface PseudoMergeReport {
  readonly layer: number;
  readonly number: number;
  /** Commits in it, and objects that they reach; undefined with a `problem` where that cannot be told. */
  readonly commits?: number | undefined;
  readonly objects?: number | undefined;
  readonly problem?: string | undefined;
}
