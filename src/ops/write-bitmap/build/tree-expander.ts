/**
 * Reads trees, each once, and notes what is new in them beside the tree that was at their path one commit earlier.
 */

import { GitmidxError } from "../../../core/errors.js";
import { blobCode, treeCode } from "../../../core/object-type.js";
import { toHex } from "../../../core/oid.js";
import { isBlobMode, isTreeMode } from "../../../formats/object/tree.js";
import type { BitOrder } from "../../../store/bitmaps/bit-order.js";
import type { ObjectSource } from "../../walk/object-graph.js";
import type { Expansions } from "./expansions.js";
import { directoryHash, extendNameHash } from "./name-hashes.js";
import { notClosed } from "./not-closed.js";
import { TreeCopies, type TreeCopy } from "./tree-copies.js";
import { TreeDifference } from "./tree-difference.js";
import { TreeTable } from "./tree-table.js";

/** What must be known of the order of bits. */
export type ExpanderOrder = Pick<BitOrder, "format" | "bitCount" | "objectsBelow" | "positionOf" | "bitAt" | "oidAt">;

/** Takes the hashes of the paths at which objects are found. */
export interface HashTarget {
  /** @param position of the object in the index */
  set(position: number, hash: number): void;
}

/** Where trees come from, and where it is written what is learnt of objects. */
export interface ExpanderOptions {
  readonly source: ObjectSource;
  readonly order: ExpanderOrder;
  /** Types of the youngest layer's objects, by bit less the bits below. */
  readonly types: Uint8Array;
  readonly hashes: HashTarget | undefined;
}

/** The expander. */
export class TreeExpander {
  readonly table: TreeTable;
  /** Trees that were read: whoever counts sets it back. */
  reads = 0;
  readonly #options: ExpanderOptions;
  readonly #difference: TreeDifference;
  readonly #copies: TreeCopies;
  /** Contents that could not be had at once, by bit. */
  readonly #late = new Map<number, Uint8Array>();

  constructor(options: ExpanderOptions) {
    const { order } = options;
    this.#options = options;
    this.table = new TreeTable(order.bitCount);
    this.#copies = new TreeCopies(order.format.byteLength);
    this.#difference = new TreeDifference(order.format);
  }

  /** The number of a commit's tree. @param earlier bit of the tree of the commit's first parent; −1 for none */
  root(tree: number, earlier: number): number {
    const { table } = this;
    const number = table.number(tree);
    this.noteType(tree, treeCode);
    if (table.starts[number]! < 0) {
      table.earlier[number] = earlier;
      table.pathHashes[number] = 0;
    }
    return number;
  }

  /**
   * Reads the tree with that number.
   * @param earlier bit of the tree whose entries are left out; −1 for none
   * @returns the bit of a tree that must be read first: {@link read} it and try again; −1 when it is done.
   * @throws GitmidxError `not-closed`, `bad-object`; NeedRange, after which it may be called again
   */
  expand(number: number, earlier: number): number {
    const { table } = this;
    const bit = table.bits[number]!;
    let before: TreeCopy | undefined;
    if (earlier >= 0) {
      before = this.#copies.get(earlier) ?? this.#copyEarlier(earlier);
      if (before === undefined) return earlier;
    }
    const content = this.#content(bit);
    if (content === undefined) return bit;
    const copy = this.#copies.make(content);
    this.reads++;
    const start = table.entryCount;
    try {
      this.#difference.reset(copy, before);
      while (this.#difference.next()) this.#addEntry(number, copy.bytes, before?.bytes);
    } catch (error) {
      table.entryCount = start;
      throw error;
    }
    this.#copies.keep(bit, copy);
    table.earlier[number] = earlier;
    table.starts[number] = start;
    table.ends[number] = table.entryCount;
    if (this.#late.size > 0) this.#late.clear();
    return -1;
  }

  /** Reads a tree that {@link expand} could not. @throws GitmidxError `missing-object` */
  async read(bit: number): Promise<void> {
    const oid = this.#options.order.oidAt(bit).slice();
    const found = await this.#options.source.read(oid);
    if (found?.type !== "tree") {
      throw new GitmidxError("missing-object", `unable to load tree object ${toHex(oid)}`);
    }
    this.#late.set(bit, found.bytes);
  }

  /** Takes what another thread has found out. */
  take(expansions: Expansions): void {
    const { hashes } = this.#options;
    const { positions, entryHashes } = expansions;
    this.table.take(expansions, (entry, index) => {
      if (entry < 0) this.noteType(-1 - entry, treeCode);
      else this.noteType(entry, blobCode);
      hashes?.set(positions[index]!, entryHashes[index]!);
    });
  }

  noteType(bit: number, type: number): void {
    const at = bit - this.#options.order.objectsBelow;
    if (at >= 0) this.#options.types[at] = type;
  }

  #copyEarlier(bit: number): TreeCopy | undefined {
    const content = this.#content(bit);
    if (content === undefined) return undefined;
    const copy = this.#copies.make(content);
    copy.findStarts(this.#options.order.format.byteLength);
    this.#copies.keep(bit, copy);
    return copy;
  }

  #addEntry(number: number, bytes: Uint8Array, earlierBytes: Uint8Array | undefined): void {
    const { entry, earlierIdAt } = this.#difference;
    const isTree = isTreeMode(entry.mode);
    if (!isTree && !isBlobMode(entry.mode)) return;
    const { order, hashes } = this.#options;
    const { table } = this;
    const position = order.positionOf(bytes, entry.idAt);
    if (position < 0) throw notClosed(bytes.slice(entry.idAt, entry.idAt + order.format.byteLength));
    const bit = order.bitAt(position);
    this.noteType(bit, isTree ? treeCode : blobCode);
    let hash = 0;
    if (hashes !== undefined) {
      hash = extendNameHash(table.pathHashes[number]!, bytes, entry.nameStart, entry.nameEnd);
      hashes.set(position, hash);
    }
    if (!isTree) {
      table.addEntry(bit);
      return;
    }
    const child = table.number(bit);
    table.addEntry(-1 - child);
    if (table.starts[child]! >= 0) return;
    const earlier = earlierIdAt < 0 ? -1 : order.positionOf(earlierBytes!, earlierIdAt);
    table.earlier[child] = earlier < 0 ? -1 : order.bitAt(earlier);
    table.pathHashes[child] = directoryHash(hash);
  }

  /** The content of a tree, valid until the next object is read; undefined if it cannot be had at once. */
  #content(bit: number): Uint8Array | undefined {
    const late = this.#late.get(bit);
    if (late !== undefined) return late;
    const { source, order } = this.#options;
    const oid = order.oidAt(bit);
    const found = source.peekPacked === undefined ? source.readPacked(oid) : source.peekPacked(oid);
    return found?.type === "tree" ? found.bytes : undefined;
  }
}
