/** Hashes of paths that grow at their end: a directory's own is kept, and goes on with the name of what is in it. */

import { tagCode } from "../../../core/object-type.js";
import type { BitOrder } from "../../../store/bitmaps/bit-order.js";
import { nameHashV1 } from "../../walk/name-hash.js";
import type { ObjectGraph } from "../../walk/object-graph.js";

const slash = 0x2f;

/** The hash (git's version 1) of a path that goes on with `bytes[start, end)`. @param hash of the path until there; 0 for none */
export function extendNameHash(hash: number, bytes: Uint8Array, start: number, end: number): number {
  let extended = hash;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte !== 0x20 && byte !== 9 && byte !== 10 && byte !== 13) extended = ((extended >>> 2) + (byte << 24)) | 0;
  }
  return extended >>> 0;
}

/** The hash of what every path in a directory begins with. @param hash of the directory's path */
export function directoryHash(hash: number): number {
  return ((hash >>> 2) + (slash << 24)) >>> 0;
}

/** Name hashes of the youngest layer's objects, of which only those are set that were not known before. */
export class NameHashColumn {
  readonly #hashes: Uint32Array;
  readonly #given: Uint8Array;
  readonly #order: BitOrder;

  /** @param hashes by position in the layer; 0 where it is not known. It is filled in. */
  constructor(hashes: Uint32Array, order: BitOrder) {
    this.#hashes = hashes;
    this.#given = new Uint8Array(hashes.length);
    for (let i = 0; i < hashes.length; i++) if (hashes[i] !== 0) this.#given[i] = 1;
    this.#order = order;
  }

  /** Sets the hash of the object at a position. What is set last counts: walks go from old to new, and git takes the newest path. */
  set(position: number, hash: number): void {
    const at = position - this.#order.objectsBelow;
    if (at >= 0 && this.#given[at] === 0) this.#hashes[at] = hash;
  }

  /** Sets those of the tags that a walk has come across: git takes the names that stand in them. */
  setTags(graph: ObjectGraph): void {
    const { objects } = graph;
    for (let row = 0; row < objects.set.count; row++) {
      if (graph.type(row) !== tagCode) continue;
      const tag = graph.tag(row);
      if (tag !== undefined)
        this.set(this.#order.positionOf(objects.set.idAt(row)), nameHashV1(tag.name, tag.name.length));
    }
  }
}
