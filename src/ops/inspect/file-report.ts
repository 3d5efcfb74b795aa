/** What a file holds, as far as it can be read: kinds of files differ in which parts of a report they have. */

import { type ErrorCode, isGitmidxError } from "../../core/errors.js";
import type { ObjectFormatName } from "../../core/oid.js";

/** The kinds of files that can be inspected. */
export type InspectedKind =
  | "multi-pack-index"
  | "multi-pack-index-chain"
  | "pack-index"
  | "reverse-index"
  | "modification-times"
  | "bitmap"
  | "pack";

/** A stretch of the file. */
export interface FilePart {
  /** Chunk id, or what a part without one is called. */
  readonly name: string;
  /** Offset of its first byte. */
  readonly offset: number;
  /** Length in bytes. */
  readonly byteLength: number;
}

/** A pack of a multi-pack-index. */
export interface InspectedPack {
  /** Number of the pack in this file. */
  readonly number: number;
  /** Name of its `.idx` file, as it stands there. */
  readonly name: string;
  /** What BTMP says: the first bit of the pack's objects, global in the chain, and how many are taken from it. */
  readonly firstBit?: number | undefined;
  readonly objects?: number | undefined;
}

/** A line of a chain file, and the layer that it names. */
export interface InspectedLayer {
  readonly checksum: string;
  /** Objects and packs in the layer; undefined where it cannot be read. */
  readonly objects: number | undefined;
  readonly packs: number | undefined;
}

/** Something wrong with the file's structure. Contents are the business of verify. */
export interface InspectedProblem {
  readonly code: ErrorCode;
  readonly message: string;
  /** Chunk id, `header` or `chunk table`; undefined where the whole file is meant. */
  readonly chunk?: string | undefined;
  /** Byte offset; undefined where the whole file is meant. */
  readonly offset?: number | undefined;
}

/** What was found out about one file. */
export interface FileReport {
  readonly kind: InspectedKind;
  readonly path: string;
  readonly byteLength: number;
  /** Version in the header; undefined for a chain file, which has none. */
  readonly version?: number | undefined;
  /** Which hash the file's checksums and ids are of. */
  readonly hash: ObjectFormatName;
  /** Objects in the file; undefined where that cannot be read. */
  readonly objects?: number | undefined;
  /** Rows of 64-bit offsets. */
  readonly largeOffsets?: number | undefined;
  /** Where everything lies, in the order of the file. */
  readonly parts: readonly FilePart[];
  readonly packs?: readonly InspectedPack[] | undefined;
  readonly layers?: readonly InspectedLayer[] | undefined;
  /** Flags in the header, and commits that have a bitmap: of a bitmap file. */
  readonly flags?: number | undefined;
  readonly commits?: number | undefined;
  /** The checksum of the pack that an index is for, as it stands in the index; of the pack or multi-pack-index that a bitmap is for. */
  readonly packChecksum?: string | undefined;
  /** The file's own checksum as it stands at its end. */
  readonly checksum?: string | undefined;
  readonly problems: readonly InspectedProblem[];
}

/** The problem that an error states. @throws what is no statement about the file */
export function problemOf(error: unknown): InspectedProblem {
  if (!isGitmidxError(error) || error.code === "aborted") throw error;
  const { code, message, chunk, offset } = error;
  return { code, message, chunk, offset };
}
