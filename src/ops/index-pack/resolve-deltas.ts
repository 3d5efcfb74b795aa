/**
 * The second pass over a pack: from each object that is no delta to the deltas on it, to the deltas on those, and so on, in a loop.
 *
 * A base is held as long as it has deltas left. Where what is held outgrows the limit, the bases that will be needed last are dropped, and
 * made again from their own bases when they are needed.
 */

import { env } from "#env";
import { GitmidxError } from "../../core/errors.js";
import type { ObjectTypeCode } from "../../core/object-type.js";
import type { ObjectFormat } from "../../core/oid.js";
import type { BatchHasher } from "../../env/contract.js";
import { applySlackByteLength } from "../../env/kernels/delta-apply.js";
import { applyDelta, type DeltaSizes, readDeltaSizes } from "../../formats/delta/apply.js";
import { maxObjectHeaderByteLength, writeObjectHeader } from "../../formats/object/header.js";
import { BufferPool, type ContentBuffer } from "./buffer-pool.js";
import { type DeltaGraph, firstRefChild, isRefChild } from "./delta-graph.js";
import { checkDeltaResult } from "./delta-result.js";
import type { EntryReader } from "./entry-reader.js";
import type { EntryColumns } from "./entry-table.js";
import { attackFound, badDelta } from "./faults.js";

/** An object with deltas on it, or one that such a one was made from. */
interface Base {
  readonly row: number;
  /** What it was made from; undefined for an object that is no delta. */
  readonly parent: Base | undefined;
  /** Content from {@link contentAt} on; undefined if it was dropped. */
  buffer: ContentBuffer | undefined;
  readonly size: number;
  /** The next OFS delta on it, and the end of those. */
  ofsAt: number;
  readonly ofsEnd: number;
  /** The next REF delta on it; −1 for none. */
  refAt: number;
}

/** How deltas are resolved. */
export interface ResolveOptions {
  readonly format: ObjectFormat;
  readonly detectCollisions: boolean;
  /** Bytes of bases that are held at most, besides those at work. */
  readonly baseCacheLimit: number;
  /** Told of each object that was made; `content` is reused afterwards. */
  readonly onObject?: ((row: number, content: Uint8Array) => void) | undefined;
  /** Told of each delta's base. */
  readonly onBase?: ((row: number, baseRow: number) => void) | undefined;
}

const contentAt = maxObjectHeaderByteLength;

/** Resolves deltas on one thread; several share columns and graph. */
export class DeltaResolver {
  /** Deltas resolved so far. */
  resolved = 0;
  readonly #columns: EntryColumns;
  readonly #graph: DeltaGraph;
  readonly #reader: EntryReader;
  readonly #options: ResolveOptions;
  readonly #hasher: BatchHasher;
  readonly #pool = new BufferPool();
  readonly #attacks: number[] = [];
  #stack: Base[] = [];
  #held = 0;

  constructor(columns: EntryColumns, graph: DeltaGraph, reader: EntryReader, options: ResolveOptions) {
    this.#columns = columns;
    this.#graph = graph;
    this.#reader = reader;
    this.#options = options;
    const { format, detectCollisions } = options;
    this.#hasher = env.createBatchHasher(format, { detectCollisions }, (row) => void this.#attacks.push(row));
  }

  /** Whether the object in `row`, whose id is known, has deltas on it. */
  hasDeltas(row: number): boolean {
    const { childStarts } = this.#graph;
    return childStarts[row]! < childStarts[row + 1]! || this.#firstRef(row) >= 0;
  }

  /**
   * Resolves every delta that rests on the object in `row`, which is no delta.
   * @throws GitmidxError `bad-delta`, `bad-zlib-stream`, `hash-collision`, or `too-large` for an object that no memory is left for.
   */
  resolve(row: number): void {
    const root = this.#makeBase(row, undefined, undefined, this.#columns.sizes[row]!);
    if (root === undefined) return;
    this.#stack = [root];
    while (this.#stack.length > 0) this.#resolveNext();
    this.#pool.reset();
  }

  /** Waits for the ids of all objects made so far. */
  finish(): void {
    this.#hasher.flush();
    const row = this.#attacks[0];
    if (row === undefined) return;
    const { byteLength } = this.#options.format;
    throw attackFound(this.#columns.ids.slice(row * byteLength, (row + 1) * byteLength));
  }

  #firstRef(row: number): number {
    const { format } = this.#options;
    if (this.#graph.refRows.length === 0) return -1;
    return firstRefChild(this.#graph, format, this.#columns.ids, row * format.byteLength);
  }

  /** A base of what is in `buffer`; undefined if there are no deltas on it. */
  #makeBase(row: number, parent: Base | undefined, buffer: ContentBuffer | undefined, size: number): Base | undefined {
    const { childStarts } = this.#graph;
    const ofsAt = childStarts[row]!;
    const ofsEnd = childStarts[row + 1]!;
    const refAt = this.#firstRef(row);
    return ofsAt === ofsEnd && refAt < 0 ? undefined : { row, parent, buffer, size, ofsAt, ofsEnd, refAt };
  }

  /** The next delta on `base` that nobody has taken yet; −1 if there is none. */
  #nextChild(base: Base): number {
    const { format } = this.#options;
    const { refRows, refTaken, children } = this.#graph;
    while (base.refAt >= 0) {
      const index = base.refAt++;
      if (!isRefChild(this.#graph, format, base.refAt, this.#columns.ids, base.row * format.byteLength))
        base.refAt = -1;
      // Of several copies of an object only one resolves the deltas on it.
      if (Atomics.exchange(refTaken, index, 1) === 0) return refRows[index]!;
    }
    return base.ofsAt < base.ofsEnd ? children[base.ofsAt++]! : -1;
  }

  #resolveNext(): void {
    const base = this.#stack[this.#stack.length - 1]!;
    const row = this.#nextChild(base);
    if (row < 0) {
      this.#stack.pop();
      this.#drop(base);
      return;
    }
    const content = this.#contentOf(base);
    const { buffer, size } = this.#apply(row, content, base.size);
    // A base that has no more deltas is gone before the next is made: a chain holds two objects at a time.
    if (base.refAt < 0 && base.ofsAt === base.ofsEnd) {
      this.#stack.pop();
      this.#drop(base);
    }
    this.#keepObject(row, base, buffer, size);
    const child = this.#makeBase(row, base, buffer, size);
    if (child === undefined) this.#pool.give(buffer);
    else this.#push(child);
  }

  #keepObject(row: number, base: Base, buffer: ContentBuffer, size: number): void {
    const columns = this.#columns;
    const { format, onObject, onBase } = this.#options;
    const type = columns.objectTypes[base.row] as ObjectTypeCode;
    columns.objectTypes[row] = type;
    const { bytes } = buffer;
    const content = buffer.at + contentAt;
    const start = writeObjectHeader(bytes, content, type, size);
    this.#hasher.add(bytes, start, content + size, columns.ids, row * format.byteLength, row);
    this.resolved++;
    onBase?.(row, base.row);
    // Which REF deltas are on an object is known by its id only.
    if (onObject !== undefined || this.#graph.refRows.length > 0) this.finish();
    onObject?.(row, bytes.subarray(content, content + size));
  }

  #push(base: Base): void {
    this.#stack.push(base);
    this.#held += base.size;
    const { baseCacheLimit } = this.#options;
    for (let i = 0; this.#held > baseCacheLimit && i < this.#stack.length - 1; i++) this.#drop(this.#stack[i]!);
  }

  #drop(base: Base): void {
    if (base.buffer === undefined) return;
    this.#pool.give(base.buffer);
    base.buffer = undefined;
    this.#held -= base.size;
  }

  /** What is in `base`, made again if it was dropped. */
  #contentOf(base: Base): ContentBuffer {
    if (base.buffer !== undefined) return base.buffer;
    const missing: Base[] = [];
    let known: Base | undefined = base;
    for (; known !== undefined && known.buffer === undefined; known = known.parent) missing.push(known);
    let buffer = known?.buffer;
    let size = known?.size ?? 0;
    let isOwn = false;
    for (const next of missing.reverse()) {
      const made = buffer === undefined ? this.#inflateBase(next.row) : this.#apply(next.row, buffer, size).buffer;
      if (isOwn) this.#pool.give(buffer!);
      isOwn = true;
      buffer = made;
      size = next.size;
    }
    base.buffer = buffer!;
    this.#held += size;
    return buffer!;
  }

  #inflateBase(row: number): ContentBuffer {
    const size = this.#columns.sizes[row]!;
    const buffer = this.#take(size);
    this.#reader.inflate(row, buffer.bytes, buffer.at + contentAt);
    return buffer;
  }

  /** Makes the object of the delta in `row` from the content of its base. */
  #apply(row: number, base: ContentBuffer, baseSize: number): { buffer: ContentBuffer; size: number } {
    const deltaSize = this.#columns.sizes[row]!;
    const delta = this.#deltaBuffer(deltaSize);
    const end = delta.at + deltaSize;
    this.#reader.inflate(row, delta.bytes, delta.at);
    try {
      const sizes = readDeltaSizes(delta.bytes, delta.at, end);
      const { baseSize: wanted, resultSize, start } = sizes;
      checkDeltaResult(delta.bytes, start, end, { deltaSize, wanted, baseSize, resultSize });
      const buffer = this.#take(resultSize);
      this.#make(delta, end, sizes, base, buffer);
      return { buffer, size: resultSize };
    } catch (error) {
      throw badDelta(this.#columns.offsets[row]!, error);
    }
  }

  /** Makes what the instructions up to `end` say: by the kernel where all of it lies in its memory. */
  #make(
    delta: ContentBuffer,
    end: number,
    { baseSize, resultSize, start }: DeltaSizes,
    base: ContentBuffer,
    target: ContentBuffer,
  ): void {
    const { memory } = this.#pool;
    const baseAt = base.at + contentAt;
    const at = target.at + contentAt;
    if (memory === undefined || !isIn(memory.bytes, delta, base, target)) {
      applyDelta(delta.bytes, start, end, base.bytes, baseAt, baseAt + baseSize, target.bytes, at, resultSize);
      return;
    }
    const outcome = memory.apply(start, end, baseAt, baseSize, at, resultSize);
    if (outcome === "outside") throw new GitmidxError("bad-delta", "delta replay has gone wild");
    if (outcome === "opcode") throw new GitmidxError("bad-delta", "unexpected delta opcode 0");
  }

  /** Room for an object of that size, what is written before it, and what may be written behind it. */
  #take(size: number): ContentBuffer {
    const byteLength = contentAt + size + applySlackByteLength;
    try {
      return this.#pool.take(byteLength);
    } catch (error) {
      throw outOfMemory(byteLength, error);
    }
  }

  #deltaBuffer(size: number): ContentBuffer {
    try {
      return this.#pool.delta(size + applySlackByteLength);
    } catch (error) {
      throw outOfMemory(size, error);
    }
  }
}

function isIn(memory: Uint8Array, a: ContentBuffer, b: ContentBuffer, c: ContentBuffer): boolean {
  return a.bytes === memory && b.bytes === memory && c.bytes === memory;
}

function outOfMemory(byteLength: number, cause: unknown): GitmidxError {
  return new GitmidxError("too-large", `out of memory, tried to allocate ${byteLength} bytes`, { cause });
}
