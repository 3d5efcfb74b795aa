/** The bitmap of an object directory as a reader sees it: one file, or one for each layer of a chain. */

import { BitSet } from "../../bytes/bit-set.js";
import { type ObjectTypeCode, objectTypes } from "../../core/object-type.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import type { BitmapEntry } from "../../formats/bitmap/entries.js";
import type { BitmapView } from "../../formats/bitmap/view.js";
import type { MidxStack } from "../midx-stack.js";
import type { ObjectDirectory, PackFile } from "../object-directory.js";
import type { BitOrder } from "./bit-order.js";
import { type LayeredPseudoMerge, layeredPseudoMerges } from "./layered-pseudo-merge.js";

/** A commit's entry, and the file that it is in. */
export interface FoundEntry {
  readonly view: BitmapView;
  readonly entry: BitmapEntry;
}

/** What a {@link BitmapIndex} is made of. */
export interface BitmapIndexParts {
  readonly kind: "pack" | "single" | "chain";
  readonly directory: ObjectDirectory;
  readonly order: BitOrder;
  /** Oldest first. */
  readonly layers: readonly BitmapView[];
  readonly stack?: MidxStack | undefined;
  readonly pack?: PackFile | undefined;
  /** Told of files that are wrong where it goes on without what they say. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Closes what the order reads from. */
  readonly close?: (() => void) | undefined;
}

/**
 * An opened bitmap; close it when done. What reads its files throws NeedRange where they are fetched, and the codes of `BitmapView` where
 * they are damaged.
 */
export class BitmapIndex {
  /** Of what it is the bitmap: a pack, a single multi-pack-index, or a chain of them. */
  readonly kind: "pack" | "single" | "chain";
  readonly directory: ObjectDirectory;
  readonly order: BitOrder;
  /** The files, oldest first; one unless it is a chain. */
  readonly layers: readonly BitmapView[];
  /** The multi-pack-index, unless it is a pack's. */
  readonly stack: MidxStack | undefined;
  /** The pack, if it is a pack's. */
  readonly pack: PackFile | undefined;
  readonly #close: (() => void) | undefined;
  readonly #warn: ((message: string) => void) | undefined;
  readonly #disregarded = new Set<BitmapView>();
  /** Files with an entry that lacks its own commit. */
  readonly #wrong = new Set<BitmapView>();
  readonly #types: (BitSet | undefined)[] = [];
  #pseudoMerges: readonly LayeredPseudoMerge[] | undefined;

  constructor(parts: BitmapIndexParts) {
    this.kind = parts.kind;
    this.directory = parts.directory;
    this.order = parts.order;
    this.layers = parts.layers;
    this.stack = parts.stack;
    this.pack = parts.pack;
    this.#close = parts.close;
    this.#warn = parts.warn;
  }

  get format(): ObjectFormat {
    return this.order.format;
  }

  /** Path of the (youngest) file. */
  get path(): string {
    return this.layers.at(-1)!.source.name;
  }

  /** Commits with a bitmap, in all layers. */
  get entryCount(): number {
    return this.layers.reduce((sum, { entryCount }) => sum + entryCount, 0);
  }

  /** The entry of a commit: the youngest layer is asked first. Undefined if it has no bitmap. */
  findEntry(oid: Uint8Array): FoundEntry | undefined {
    const position = this.order.positionOf(oid);
    return position < 0 ? undefined : this.findEntryAt(position);
  }

  /** The same for the commit at a position of {@link order}. */
  findEntryAt(position: number): FoundEntry | undefined {
    for (let at = this.layers.length - 1; at >= 0; at--) {
      const view = this.layers[at]!;
      if (this.#disregarded.has(view)) continue;
      const entry = view.find(position);
      if (entry !== undefined) return { view, entry };
    }
    return undefined;
  }

  /**
   * Every object that can be reached from a commit, itself too, as a set of its own; undefined if the commit has no bitmap. One that lacks
   * the commit itself is wrong, and as good as none.
   */
  bitsOf(oid: Uint8Array): BitSet | undefined {
    const found = this.findEntry(oid);
    if (found === undefined) return undefined;
    const { view, entry } = found;
    const bits = view.bitsOf(entry);
    const own = this.order.bitAt(entry.position);
    if (own < 32 * bits.words.length && bits.has(own)) return bits;
    if (!this.#wrong.has(view)) {
      const message = `the bitmap of commit ${toHex(oid)} does not have the commit itself`;
      this.#warn?.(`${message}: ${view.source.name} is wrong\nsee what 'gitmidx verify --bitmaps=full' says of it`);
    }
    this.#wrong.add(view);
    return undefined;
  }

  /** Has {@link findEntry} and what rests on it pass over the entries of one of {@link layers}. */
  disregard(view: BitmapView): void {
    this.#disregarded.add(view);
  }

  /** Every object of a type. Kept: not to be changed. */
  typeBits(type: ObjectTypeCode): BitSet {
    const known = this.#types[type];
    if (known !== undefined) return known;
    const bits = new BitSet(this.order.bitCount);
    for (const view of this.layers) view.typeBits(type).orInto(bits);
    this.#types[type] = bits;
    return bits;
  }

  /** The type of a bit's object; 0 if the type bitmaps do not say. */
  typeOf(bit: number): ObjectTypeCode | 0 {
    for (let type = objectTypes.length; type > 0; type--) {
      if (this.typeBits(type as ObjectTypeCode).has(bit)) return type as ObjectTypeCode;
    }
    return 0;
  }

  /** The hash of the name by which an object was found when the bitmap was written; 0 if it is not known. */
  nameHashOf(bit: number): number {
    const position = this.order.positionAt(bit);
    let at = this.layers.length - 1;
    while (at > 0 && position < this.layers[at]!.layout.place.objectsBelow) at--;
    const view = this.layers[at]!;
    return view.nameHashAt(position - view.layout.place.objectsBelow);
  }

  /** The pseudo-merges of all layers, oldest first. */
  pseudoMerges(): readonly LayeredPseudoMerge[] {
    this.#pseudoMerges ??= layeredPseudoMerges(this.layers);
    return this.#pseudoMerges;
  }

  close(): void {
    for (const view of this.layers) view.close();
    this.#close?.();
  }
}
