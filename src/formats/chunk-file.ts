/**
 * The chunk table that multi-pack-index files share with git's other chunked files (gitformat-chunk).
 *
 *     table      (C + 1) rows of { 4-byte id, 8-byte big-endian absolute offset }
 *     last row   id 0, offset = end of the last chunk
 *     chunks     contiguous, in the order of the table, each beginning at a multiple of 4
 */

import type { ByteSource } from "../bytes/source.js";
import { type ErrorCode, GitmidxError } from "../core/errors.js";

/** Bytes of one row of the table. */
export const chunkRowByteLength = 12;

/** One chunk: where it lies in the file. */
export interface Chunk {
  /** The id as a number: `PNAM` is 0x504e414d. */
  readonly id: number;
  /** The id as four characters, or as `0x…` where it is not printable. */
  readonly name: string;
  /** Offset of the first byte. */
  readonly offset: number;
  /** Length in bytes: up to where the next row says that the next chunk begins. */
  readonly byteLength: number;
}

/** Something the chunk table says that cannot be. */
export interface ChunkTableProblem {
  readonly code: ErrorCode;
  readonly message: string;
  /** Offset of the row that says it, or of the bytes that belong to nothing. */
  readonly offset: number;
  /** Whether git refuses the file for it. */
  readonly fatal: boolean;
}

/** The chunks of a file and what is wrong with the table that lists them. */
export interface ChunkTable {
  readonly chunks: readonly Chunk[];
  readonly problems: readonly ChunkTableProblem[];
}

/** A chunk id as a person reads it. */
export function chunkName(id: number): string {
  const codes = [id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255];
  if (codes.every((code) => code > 32 && code < 127)) return String.fromCharCode(...codes);
  return `0x${id.toString(16).padStart(8, "0")}`;
}

/** The number of a chunk id given as its four characters. */
export function chunkId(name: string): number {
  return (
    ((name.charCodeAt(0) << 24) | (name.charCodeAt(1) << 16) | (name.charCodeAt(2) << 8) | name.charCodeAt(3)) >>> 0
  );
}

/** All digits of a 64-bit number, of which a `number` may not hold the last. */
function hexU64(source: ByteSource, offset: number): string {
  const high = source.u32(offset);
  const low = source.u32(offset + 4).toString(16);
  return high === 0 ? low : high.toString(16) + low.padStart(8, "0");
}

/**
 * Reads the chunk table at `tableOffset`; chunks must end at or before `dataEnd`, where the trailer begins.
 * Never throws for what the table says: a row that cannot be used is a problem, and its chunk is left out.
 * @throws GitmidxError `truncated` if the file ends inside the table.
 */
export function readChunkTable(
  source: ByteSource,
  tableOffset: number,
  chunkCount: number,
  dataEnd: number,
): ChunkTable {
  const chunks: Chunk[] = [];
  const problems: ChunkTableProblem[] = [];
  const seen = new Set<number>();
  let early: { readonly row: number; readonly message: string } | undefined;
  const tableEnd = tableOffset + (chunkCount + 1) * chunkRowByteLength;
  if (tableEnd > dataEnd) {
    const message = `${source.name}: a table of ${chunkCount} chunks needs ${tableEnd} bytes, but the file has ${dataEnd} before its trailer`;
    throw new GitmidxError("truncated", message, { path: source.name, offset: dataEnd, chunk: "chunk table" });
  }
  const problem = (code: ErrorCode, row: number, message: string) =>
    problems.push({ code, offset: tableOffset + row * chunkRowByteLength, message, fatal: true });
  for (let row = 0; row < chunkCount; row++) {
    const at = tableOffset + row * chunkRowByteLength;
    const id = source.u32(at);
    const offset = source.u64(at + 4);
    const next = source.u64(at + chunkRowByteLength + 4);
    const hex = () => `${hexU64(source, at + 4)} and ${hexU64(source, at + chunkRowByteLength + 4)}`;
    if (id === 0) {
      problem("bad-chunk-table", row, "terminating chunk id appears earlier than expected");
      break;
    }
    if (source.u8(at + 11) % 4 !== 0) problem("bad-chunk-table", row, `chunk id ${id.toString(16)} not 4-byte aligned`);
    else if (next < offset || next > dataEnd) {
      problem("bad-chunk-table", row, `improper chunk offset(s) ${hex()}`);
    } else if (seen.has(id)) problem("bad-chunk-table", row, `duplicate chunk ID ${id.toString(16)} found`);
    else if (offset >= tableEnd) chunks.push({ id, name: chunkName(id), offset, byteLength: next - offset });
    else early ??= { row, message: `improper chunk offset ${offset.toString(16)} inside the chunk table` };
    seen.add(id);
  }
  const last = source.u32(tableOffset + chunkCount * chunkRowByteLength);
  if (last !== 0) problem("bad-chunk-table", chunkCount, `final chunk has non-zero id ${last.toString(16)}`);
  // Last, because git does not look for it: what git says of a table comes first.
  if (early !== undefined) problem("bad-chunk-table", early.row, early.message);
  if (problems.length === 0) {
    const end = source.u64(tableEnd - chunkRowByteLength + 4);
    problems.push(...gap(tableEnd, chunks[0]?.offset ?? end, "the chunk table and the first chunk"));
    problems.push(...gap(end, dataEnd, "the last chunk and the trailer"));
  }
  return { chunks, problems };
}

/** Bytes that belong to no chunk: readers pass over them, but no writer leaves any. */
function gap(start: number, end: number, where: string): readonly ChunkTableProblem[] {
  if (start >= end) return [];
  return [{ code: "bad-padding", message: `${end - start} bytes between ${where}`, offset: start, fatal: false }];
}

/** A chunk that is about to be written. */
export interface PlannedChunk {
  readonly name: string;
  /** Length in bytes; a multiple of 4. */
  readonly byteLength: number;
}

/**
 * The bytes of the table for `chunks` in that order, the first of them beginning right after the table.
 * @returns the table and the offset at which the last chunk ends.
 */
export function encodeChunkTable(
  chunks: readonly PlannedChunk[],
  tableOffset: number,
): { bytes: Uint8Array; end: number } {
  const bytes = new Uint8Array((chunks.length + 1) * chunkRowByteLength);
  const view = new DataView(bytes.buffer);
  let end = tableOffset + bytes.length;
  const row = (index: number, id: number) => {
    view.setUint32(index * chunkRowByteLength, id);
    view.setUint32(index * chunkRowByteLength + 4, Math.floor(end / 0x1_0000_0000));
    view.setUint32(index * chunkRowByteLength + 8, end >>> 0);
  };
  for (const [index, chunk] of chunks.entries()) {
    row(index, chunkId(chunk.name));
    end += chunk.byteLength;
  }
  row(chunks.length, 0);
  return { bytes, end };
}
