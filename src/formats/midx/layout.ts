/**
 * The structure of a multi-pack-index file (gitformat-pack, "multi-pack-index (MIDX) files").
 *
 *     0    MIDX
 *     4    u8 version 1 or 2, u8 hash id 1 or 2, u8 chunks, u8 0 (unused, also in layers of a chain), u32 packs
 *     12   chunk table (see ../chunk-file.ts)
 *     PNAM names of the .idx files, NUL-terminated, then 0 to 3 NUL; ascending in version 1, in any order in version 2
 *     OIDF 256 × u32 fanout
 *     OIDL n × id, ascending
 *     OOFF n × { u32 pack (local to this file), u32 offset }; top bit: row of LOFF, but only where there is a LOFF
 *     LOFF rows of u64; there if and only if some offset is above 2^32 − 1
 *     RIDX n × u32 position (global in the chain) in pseudo-pack order
 *     BTMP per pack { u32 first bit (global in the chain), u32 count }
 *     end  checksum of all before
 */

import { fanoutByteLength, fanoutFall, readFanout } from "../../bytes/oid-table.js";
import type { ByteSource } from "../../bytes/source.js";
import { type ErrorCode, GitmidxError } from "../../core/errors.js";
import { type ObjectFormat, sha1, sha256 } from "../../core/oid.js";
import { type Chunk, chunkId, readChunkTable } from "../chunk-file.js";
import { readPackNames } from "./pack-names.js";

export const midxSignature = 0x4d494458;
export const midxHeaderByteLength = 12;
/** Bytes of a row of OOFF, LOFF and BTMP. */
export const midxRowByteLength = 8;

/** Ids of the chunks that are known: readers pass over all others. */
export const midxChunkNames: readonly string[] = ["PNAM", "OIDF", "OIDL", "OOFF", "LOFF", "RIDX", "BTMP"];

/** The first twelve bytes, as they stand. */
export interface MidxHeader {
  readonly version: number;
  readonly hashId: number;
  readonly chunkCount: number;
  /** The byte that once was to count base files; git writes 0 and never reads it. */
  readonly unused: number;
  readonly packCount: number;
}

/** Something in a file's structure that cannot be. */
export interface MidxProblem {
  readonly code: ErrorCode;
  /** In git's words where git has them. */
  readonly message: string;
  readonly offset: number;
  /** Chunk id, `header` or `chunk table`. */
  readonly chunk: string;
  /** Whether git, and so {@link openMidx}, refuses the file for it. */
  readonly fatal: boolean;
}

/** What a file's structure says. The parts a view needs are there if no fatal problem made them unusable. */
export interface MidxLayout {
  readonly header: MidxHeader;
  readonly format: ObjectFormat;
  readonly chunks: readonly Chunk[];
  readonly packNames: readonly string[] | undefined;
  readonly fanout: Uint32Array | undefined;
  readonly problems: readonly MidxProblem[];
}

/**
 * Reads the structure and collects everything wrong with it, at a cost of O(chunks + packs).
 * @param format the repository's hash; undefined takes the file's word for it.
 * @throws GitmidxError only where nothing can be read: `truncated`, `bad-signature`, `bad-version`, `bad-hash-id`.
 */
export function readMidxLayout(source: ByteSource, format: ObjectFormat | undefined): MidxLayout {
  const header = readHeader(source, format);
  const ownFormat = header.hashId === 1 ? sha1 : sha256;
  const dataEnd = source.size - ownFormat.byteLength;
  const problems: MidxProblem[] = [];
  const table = readChunkTable(source, midxHeaderByteLength, header.chunkCount, dataEnd);
  for (const problem of table.problems) problems.push({ ...problem, chunk: "chunk table" });
  const reader = new ChunkReader(source, table.chunks, problems);
  const packNames = reader.packNames(header);
  const fanout = reader.fanout();
  if (fanout !== undefined) reader.checkSizes(ownFormat, fanout[255]!, header.packCount);
  return { header, format: ownFormat, chunks: table.chunks, packNames, fanout, problems };
}

function readHeader(source: ByteSource, format: ObjectFormat | undefined): MidxHeader {
  const fail = (code: ErrorCode, offset: number, message: string) =>
    new GitmidxError(code, message, { path: source.name, offset, chunk: "header" });
  const hashByteLength = (format ?? sha1).byteLength;
  if (source.size < midxHeaderByteLength + hashByteLength) {
    throw fail("truncated", source.size, `multi-pack-index file ${source.name} is too small`);
  }
  const signature = source.u32(0);
  if (signature !== midxSignature) {
    const message = `multi-pack-index signature 0x${signature.toString(16).padStart(8, "0")} does not match signature 0x4d494458`;
    throw fail("bad-signature", 0, message);
  }
  const version = source.u8(4);
  if (version !== 1 && version !== 2)
    throw fail("bad-version", 4, `multi-pack-index version ${version} not recognized`);
  const hashId = source.u8(5);
  if (format === undefined ? hashId !== 1 && hashId !== 2 : hashId !== format.hashId) {
    const wanted = format === undefined ? "1 or 2" : String(format.hashId);
    throw fail("bad-hash-id", 5, `multi-pack-index hash version ${hashId} does not match version ${wanted}`);
  }
  if (hashId === 2 && source.size < midxHeaderByteLength + sha256.byteLength) {
    throw fail("truncated", source.size, `multi-pack-index file ${source.name} is too small`);
  }
  return { version, hashId, chunkCount: source.u8(6), unused: source.u8(7), packCount: source.u32(8) };
}

/** Looks at each chunk's structure in turn and notes what is wrong. */
class ChunkReader {
  readonly #source: ByteSource;
  readonly #chunks: readonly Chunk[];
  readonly #problems: MidxProblem[];

  constructor(source: ByteSource, chunks: readonly Chunk[], problems: MidxProblem[]) {
    this.#source = source;
    this.#chunks = chunks;
    this.#problems = problems;
  }

  #find(name: string): Chunk | undefined {
    const id = chunkId(name);
    return this.#chunks.find((chunk) => chunk.id === id);
  }

  #note(code: ErrorCode, chunk: string, offset: number, message: string, fatal = true): void {
    this.#problems.push({ code, chunk, offset, message, fatal });
  }

  #required(name: string, what: string): Chunk | undefined {
    const chunk = this.#find(name);
    if (chunk === undefined) {
      this.#note(
        "missing-chunk",
        name,
        midxHeaderByteLength,
        `multi-pack-index required ${what} chunk missing or corrupted`,
      );
    }
    return chunk;
  }

  packNames(header: MidxHeader): readonly string[] | undefined {
    const chunk = this.#required("PNAM", "pack-name");
    if (chunk === undefined) return undefined;
    const { names, problems } = readPackNames(this.#source, chunk, header.packCount, header.version === 1);
    for (const problem of problems) this.#note(problem.code, "PNAM", problem.offset, problem.message, problem.fatal);
    return names;
  }

  fanout(): Uint32Array | undefined {
    const chunk = this.#required("OIDF", "OID fanout");
    if (chunk === undefined) return undefined;
    if (chunk.byteLength !== fanoutByteLength) {
      const message = `multi-pack-index OID fanout is of the wrong size: ${chunk.byteLength} bytes, not ${fanoutByteLength}`;
      this.#note("bad-chunk-size", "OIDF", chunk.offset, message);
      return undefined;
    }
    const fanout = readFanout(this.#source, chunk.offset);
    const fall = fanoutFall(fanout);
    if (fall < 0) return fanout;
    const [before, after] = [fanout[fall - 1]!.toString(16), fanout[fall]!.toString(16)];
    const message = `oid fanout out of order: fanout[${fall - 1}] = ${before} > ${after} = fanout[${fall}]`;
    this.#note("bad-fanout", "OIDF", chunk.offset + 4 * fall, message);
    return undefined;
  }

  checkSizes(format: ObjectFormat, count: number, packCount: number): void {
    const exact = (
      name: string,
      what: string,
      rows: string,
      wanted: number,
      fatal: boolean,
      chunk = this.#find(name),
    ) => {
      if (chunk === undefined || chunk.byteLength === wanted) return;
      const message = `multi-pack-index ${what} chunk is the wrong size: ${chunk.byteLength} bytes, not ${wanted} for ${rows}`;
      this.#note("bad-chunk-size", name, chunk.offset, message, fatal);
    };
    const objects = `${count} objects`;
    exact("OIDL", "OID lookup", objects, count * format.byteLength, true, this.#required("OIDL", "OID lookup"));
    exact("OOFF", "object offset", objects, count * midxRowByteLength, true, this.#required("OOFF", "object offsets"));
    exact("RIDX", "reverse-index", objects, count * 4, false);
    exact("BTMP", "bitmapped-packs", `${packCount} packs`, packCount * midxRowByteLength, false);
    const large = this.#find("LOFF");
    if (large !== undefined && large.byteLength % midxRowByteLength !== 0) {
      const message = `multi-pack-index large offset chunk is the wrong size: ${large.byteLength} bytes, not a multiple of 8`;
      this.#note("bad-chunk-size", "LOFF", large.offset, message, false);
    }
  }
}
