/**
 * The first pass over a pack: where each entry begins, what it is, its CRC32, and the ids of all objects that are no deltas.
 *
 * An entry that lies in the window whole and is not large is inflated with one call. Anything else goes through in pieces, so that neither a
 * giant blob nor a size that is a lie takes memory.
 */

import { env } from "#env";
import { isGitmidxError } from "../../core/errors.js";
import { tickInterval } from "../../core/limits.js";
import { type ObjectTypeCode, objectTypeName } from "../../core/object-type.js";
import type { ObjectFormat } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import {
  type BatchHasher,
  type Inflater,
  inflateCorrupt,
  inflateNeedsInput,
  inflateWrongSize,
} from "../../env/contract.js";
import { maxObjectHeaderByteLength, objectHeader, writeObjectHeader } from "../../formats/object/header.js";
import { EntryHeader, maxEntryHeaderByteLength, ofsDeltaCode, refDeltaCode } from "../../formats/pack/entry-header.js";
import type { EntryTable } from "./entry-table.js";
import { attackFound, badHeader, badInflate, inputTooLarge, zlibStatus } from "./faults.js";
import { earlyEnd, type PackInput } from "./pack-input.js";
import { PieceCollector } from "./piece-collector.js";

/** Told of each object that is no delta; `content` is undefined for a blob too large to be held, and may be reused afterwards. */
export type ObjectListener = (row: number, content: Uint8Array | undefined) => void;

/** How a first pass is made. */
export interface FirstPassOptions extends TaskOptions {
  /** Whether objects are looked at for the traces of attacks on SHA-1. */
  readonly detectCollisions: boolean;
  /** Blobs above this many bytes are never held whole. */
  readonly bigFileThreshold: number;
  /** The most bytes that the pack may have; no limit unless given. */
  readonly maxInputByteLength?: number | undefined;
  readonly onObject?: ObjectListener | undefined;
}

/** Objects up to this many bytes are inflated at once. */
const wholeByteLength = 4 << 20;
/** An entry that does not end within this many bytes of the window is inflated in pieces rather than tried again. */
const retryByteLength = 1 << 17;
/** Bytes of content in a piece. */
const pieceByteLength = 1 << 16;

/** Where content begins in the buffer: its header is written before it. */
const contentAt = maxObjectHeaderByteLength;

/** One walk over entries that follow each other. */
export class FirstPass {
  readonly #input: PackInput;
  readonly #table: EntryTable;
  readonly #format: ObjectFormat;
  readonly #options: FirstPassOptions;
  readonly #header = new EntryHeader();
  readonly #inflater: Inflater = env.createInflater();
  readonly #hasher: BatchHasher;
  readonly #attacks: number[] = [];
  #content = new Uint8Array(contentAt + (1 << 16) + 1);
  #piece: Uint8Array | undefined;

  constructor(input: PackInput, table: EntryTable, options: FirstPassOptions) {
    this.#input = input;
    this.#table = table;
    this.#format = table.format;
    this.#options = options;
    const { detectCollisions } = options;
    this.#hasher = env.createBatchHasher(this.#format, { detectCollisions }, (row) => void this.#attacks.push(row));
  }

  /**
   * Reads entries until `goOn` says no, which is asked before each with the offset where it begins.
   * @throws GitmidxError `truncated`, `bad-entry`, `bad-zlib-stream`, `too-large`, `hash-collision` or `aborted`.
   */
  async run(step: Step, goOn: (offset: number, count: number) => boolean): Promise<void> {
    const input = this.#input;
    const table = this.#table;
    table.columns.offsets[table.count] = input.offset;
    while (goOn(input.offset, table.count)) {
      if (table.count === table.capacity) {
        // Ids that are still to come go where the columns are now.
        this.#hasher.flush();
        table.reserve(table.count + 1);
      }
      if (!this.#readWhole()) await this.#readOtherwise();
      table.count++;
      table.columns.offsets[table.count] = input.offset;
      const turn = step.tick();
      if (turn !== undefined) await turn;
    }
    this.#hasher.flush();
    this.#throwAttacks();
  }

  /** Reads the next entry if it lies in the window and is not too large. @returns whether it was read. */
  #readWhole(): boolean {
    const input = this.#input;
    // Of a connection no more must be waited for than the pack has.
    if (input.available < maxEntryHeaderByteLength && !input.ended && !this.#hasHeader()) return false;
    const start = input.at;
    this.#parseHeader();
    const { size, byteLength } = this.#header;
    if (size > wholeByteLength) return false;
    if (contentAt + size + 1 > this.#content.length) this.#content = new Uint8Array(contentAt + 2 * size + 1);
    const taken = this.#inflater.inflate(input.bytes, start + byteLength, input.end, this.#content, contentAt, size);
    if (taken === inflateNeedsInput) return false;
    // Which of the two faults it is takes a closer look, in pieces.
    if (taken === inflateCorrupt || taken === inflateWrongSize) return false;
    input.at = start + byteLength + taken;
    this.#keepRow(env.crc32(input.bytes, start, input.at), input.offset - byteLength - taken);
    if (this.#header.type < ofsDeltaCode) this.#keepObject();
    return true;
  }

  /** Fills in the row of the entry whose header was parsed last. */
  #keepRow(crc32: number, offset: number): void {
    const { type, size, byteLength, baseDistance, baseIdAt } = this.#header;
    const table = this.#table;
    const row = table.count;
    const columns = table.columns;
    columns.sizes[row] = size;
    columns.types[row] = type;
    columns.objectTypes[row] = type < ofsDeltaCode ? type : 0;
    columns.headerByteLengths[row] = byteLength;
    columns.crc32s[row] = crc32;
    if (type === ofsDeltaCode) {
      columns.bases[row] = offset - baseDistance;
      table.ofsCount++;
    } else if (type === refDeltaCode) {
      columns.bases[row] = table.addRefBase(this.#input.bytes, baseIdAt);
    }
    this.#checkLimit();
  }

  /** Hashes the object in the buffer, and tells of it. */
  #keepObject(): void {
    const { count: row, columns } = this.#table;
    const { type, size } = this.#header;
    const end = contentAt + size;
    const start = writeObjectHeader(this.#content, contentAt, type as ObjectTypeCode, size);
    this.#hasher.add(this.#content, start, end, columns.ids, row * this.#format.byteLength, row);
    const { onObject } = this.#options;
    if (onObject === undefined) return;
    this.#hasher.flush();
    this.#throwAttacks();
    onObject(row, this.#content.subarray(contentAt, end));
  }

  async #readOtherwise(): Promise<void> {
    const input = this.#input;
    for (;;) {
      if (input.available >= retryByteLength || input.ended || input.isFull) return this.#readPieces();
      const before = input.available;
      await input.fill();
      if (input.available > before ? this.#readWhole() : false) return;
    }
  }

  async #readPieces(): Promise<void> {
    const input = this.#input;
    this.#parseHeader();
    const { type, size, byteLength } = this.#header;
    const { offset } = input;
    let crc32 = env.crc32(input.bytes, input.at, input.at + byteLength);
    this.#keepRow(0, offset);
    input.at += byteLength;
    const isDelta = type >= ofsDeltaCode;
    const { detectCollisions, bigFileThreshold, onObject, signal } = this.#options;
    const hasher = isDelta ? undefined : env.createContentHasher(this.#format, { detectCollisions });
    hasher?.update(objectHeader(objectTypeName(type as ObjectTypeCode), isDelta ? 0 : size));
    const isHeld = !isDelta && onObject !== undefined && (type !== 3 || size <= bigFileThreshold);
    const held = isHeld ? new PieceCollector(size) : undefined;
    const stream = env.createInflateStream();
    const piece = (this.#piece ??= new Uint8Array(pieceByteLength));
    // Turns the event loop now and then, so that a long object can be interrupted.
    const breath = new Step({ signal }, "");
    let produced = 0;
    for (let state = "more"; state !== "end"; ) {
      const from = input.at;
      state = stream.run(input.bytes, from, input.end, piece);
      input.at += stream.consumed;
      crc32 = env.crc32(input.bytes, from, input.at, crc32);
      produced += stream.produced;
      if (state === "corrupt") throw badInflate(offset, zlibStatus.badData);
      if (produced > size) throw badInflate(offset, zlibStatus.noRoom);
      const content = piece.subarray(0, stream.produced);
      hasher?.update(content);
      held?.add(content);
      if (state === "end") break;
      this.#checkLimit();
      await breath.tick(tickInterval);
      if (stream.produced > 0 && input.available > 0) continue;
      if (input.ended) throw earlyEnd(input.offset + input.available);
      await input.fill();
    }
    if (produced !== size) throw badInflate(offset, zlibStatus.endedEarly);
    const { count: row, columns } = this.#table;
    columns.crc32s[row] = crc32;
    this.#checkLimit();
    if (hasher === undefined) return;
    const id = hasher.digest();
    if (hasher.foundCollision) throw attackFound(id);
    columns.ids.set(id, row * this.#format.byteLength);
    onObject?.(row, held?.finish());
  }

  /** Whether the bytes that are there have the next entry's header. */
  #hasHeader(): boolean {
    try {
      this.#parseHeader();
      return true;
    } catch (error) {
      if (isGitmidxError(error, "truncated")) return false;
      throw error;
    }
  }

  #parseHeader(): void {
    const { bytes, at, end, offset } = this.#input;
    try {
      this.#header.parse(bytes, at, end, offset, this.#format.byteLength);
    } catch (error) {
      throw badHeader(error);
    }
  }

  #checkLimit(): void {
    const { maxInputByteLength } = this.#options;
    if (maxInputByteLength && this.#input.offset > maxInputByteLength) throw inputTooLarge(maxInputByteLength);
  }

  #throwAttacks(): void {
    const row = this.#attacks[0];
    if (row === undefined) return;
    const { byteLength } = this.#format;
    throw attackFound(this.#table.columns.ids.slice(row * byteLength, (row + 1) * byteLength));
  }
}
