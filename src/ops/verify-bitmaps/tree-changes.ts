/** What a tree has that another had not: from commit to commit most entries stay the same, and need not be looked up again. */

import { withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import { isBlobMode, isTreeMode, TreeCursor } from "../../formats/object/tree.js";
import type { BitObjects } from "./bit-objects.js";

/**
 * Told of an entry that is new or changed, a tree or a blob, where the cursor stands.
 * @param counterpart the bit of the tree that had this name before; −1 if there was none. What is in it is known.
 */
export type TakeEntry = (cursor: TreeCursor, isTree: boolean, counterpart: number) => void;

const noBytes = new Uint8Array(0);

/** Reads trees, each beside one that is known. */
export class TreeChanges {
  readonly #objects: BitObjects;
  readonly #cursor: TreeCursor;
  readonly #before: TreeCursor;

  constructor(objects: BitObjects) {
    this.#objects = objects;
    this.#cursor = new TreeCursor(objects.order.format);
    this.#before = new TreeCursor(objects.order.format);
  }

  /**
   * Tells of the entries of a tree that the one before has not as they are. `take` may be told of an entry again where it asked for what
   * must be fetched.
   * @param tree bit of the tree. @param before bit of the tree before, −1 if there is none.
   * @throws GitmidxError `bad-object`, `wrong-object-type`, or what reading throws
   */
  async each(tree: number, before: number, take: TakeEntry): Promise<void> {
    // What is read is only good until the next is.
    const known = before < 0 ? noBytes : (await this.#read(before)).slice();
    let bytes = await this.#read(tree);
    let isOwn = false;
    await withRanges(() => {
      try {
        this.#compare(bytes, known, take);
      } catch (error) {
        if (!isOwn) bytes = bytes.slice();
        isOwn = true;
        throw error;
      }
    });
  }

  #compare(bytes: Uint8Array, known: Uint8Array, take: TakeEntry): void {
    const cursor = this.#cursor;
    const before = this.#before;
    before.reset(known);
    let more = before.next();
    for (cursor.reset(bytes); cursor.next(); ) {
      const isTree = isTreeMode(cursor.mode);
      let counterpart = -1;
      let order = 1;
      while (more && (order = compareNames(cursor, before)) > 0) more = before.next();
      if (more && order === 0) {
        const same = this.#sameId();
        if (!same && isTree && isTreeMode(before.mode)) counterpart = before.idAt;
        const kept = same && isTree === isTreeMode(before.mode);
        more = before.next();
        if (kept) continue;
      }
      if (!isTree && !isBlobMode(cursor.mode)) continue;
      take(cursor, isTree, counterpart < 0 ? -1 : this.#objects.order.bitOf(known, counterpart));
    }
  }

  #sameId(): boolean {
    const { bytes, idAt } = this.#cursor;
    const other = this.#before.bytes;
    const from = this.#before.idAt;
    for (let i = this.#objects.order.format.byteLength - 1; i >= 0; i--) {
      if (bytes[idAt + i] !== other[from + i]) return false;
    }
    return true;
  }

  /** The content of a tree, valid until the next object is read. */
  async #read(bit: number): Promise<Uint8Array> {
    const now = await withRanges(() => this.#objects.peekAt(bit));
    const object = now ?? (await this.#objects.read(await withRanges(() => this.#objects.order.oidAt(bit).slice())));
    if (object?.type === "tree") return object.bytes;
    const what = object === undefined ? "is not there" : `is a ${object.type}`;
    const oid = toHex(this.#objects.order.oidAt(bit));
    throw new GitmidxError("wrong-object-type", `object ${oid} should be a tree, but ${what}`);
  }
}

/** As both trees are sorted: a little wrong for trees among files, which then count as changed. */
function compareNames(a: TreeCursor, b: TreeCursor): number {
  const length = Math.min(a.nameEnd - a.nameStart, b.nameEnd - b.nameStart);
  const [left, right] = [a.bytes, b.bytes];
  for (let i = 0; i < length; i++) {
    const difference = left[a.nameStart + i]! - right[b.nameStart + i]!;
    if (difference !== 0) return difference;
  }
  return a.nameEnd - a.nameStart - (b.nameEnd - b.nameStart);
}
