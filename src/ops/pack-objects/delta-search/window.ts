/**
 * The search for deltas: each object is tried against those before it in the sorted list, as many as the window holds. What is tried,
 * in which order, and what counts as better is as in git, so that one thread finds the same deltas.
 */

import { GitmidxError } from "../../../core/errors.js";
import { toHex } from "../../../core/oid.js";
import type { Deflater } from "../../../env/contract.js";
import { createDeltaSources, type DeltaSource } from "../../../formats/delta/delta-source.js";
import { isDeltaThere, isPreferred, type SearchList } from "./candidates.js";
import { DeltaCache } from "./delta-cache.js";

/** How deltas are looked for. */
export interface SearchOptions {
  /** Objects that each is tried against: 1 or more (`pack.window`). */
  readonly window: number;
  /** Bytes that the objects of the window may take; 0 for any number (`pack.windowMemory`). */
  readonly windowMemory: number;
  /** Longest chain of deltas (`pack.depth`). */
  readonly depth: number;
  /** Whether an object that its own pack holds whole is not tried against others of that pack again. */
  readonly reuseDelta: boolean;
  /** Bytes of deltas that are kept until they are written; 0 for any number (`pack.deltaCacheSize`). */
  readonly cacheSize: number;
  /** A delta below this size is kept, if there is room (`pack.deltaCacheLimit`). */
  readonly cacheLimit: number;
  /** Bytes of an object id. */
  readonly idByteLength: number;
}

/** What was found: for each object of the list the one to make it from. */
export interface SearchResult {
  /** Place in the list of the base, −1 for none. */
  readonly bases: Int32Array;
  readonly deltaSizes: Float64Array;
  /** Deltas that need not be made again. */
  readonly cache: DeltaCache;
}

/** Reads an object for the search: its bytes, or a promise of them; undefined if it cannot be read. */
export type ReadForSearch = (id: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

/** What a search works with. */
export interface SearchTools {
  readonly read: ReadForSearch;
  /** Deflates what is kept. */
  readonly deflater: Deflater;
  /** Called for each object that has been through; await what it returns. */
  readonly tick: () => Promise<void> | undefined;
  readonly warn: (message: string) => void;
}

/** An object in the window. */
interface Slot {
  /** Its place in the list; −1 for a free slot. */
  at: number;
  data: Uint8Array | undefined;
  readonly index: DeltaSource;
  indexed: boolean;
  depth: number;
}

/** A deflated delta of this many bytes is not kept: git has 20 bits for the size. */
const mostCached = 1 << 20;

/** One pass over one list. */
export class DeltaSearch {
  readonly #list: SearchList;
  readonly #options: SearchOptions;
  readonly #tools: SearchTools;
  readonly #slots: Slot[];
  readonly #bases: Int32Array;
  readonly #deltaSizes: Float64Array;
  readonly #cache = new DeltaCache();
  #memory = 0;
  /** The best delta of the object that is being tried, if it is worth keeping. */
  #best = new Uint8Array(1024);
  #bestLength = 0;
  #warned = false;

  constructor(list: SearchList, options: SearchOptions, tools: SearchTools) {
    this.#list = list;
    this.#options = options;
    this.#tools = tools;
    this.#slots = createDeltaSources(options.window + 1).map((index) => ({
      at: -1,
      data: undefined,
      index,
      indexed: false,
      depth: 0,
    }));
    this.#bases = new Int32Array(list.count).fill(-1);
    this.#deltaSizes = new Float64Array(list.count);
  }

  /** @throws GitmidxError `missing-object` if an object cannot be read, `object-id-mismatch` if it is not as long as it was. */
  async run(): Promise<SearchResult> {
    const { flags, heights, count } = this.#list;
    const { depth, windowMemory } = this.#options;
    const slots = this.#slots;
    let place = 0;
    let filled = 0;
    for (let at = 0; at < count; at++) {
      const slot = slots[place]!;
      this.#free(slot);
      slot.at = at;
      while (windowMemory > 0 && this.#memory > windowMemory && filled > 1) {
        this.#free(slots[(place + slots.length - filled) % slots.length]!);
        filled--;
      }
      const preferred = (flags[at]! & isPreferred) !== 0;
      const maxDepth = depth - heights[at]!;
      let bestPlace = -1;
      if (!preferred) {
        const turn = this.#tools.tick();
        if (turn !== undefined) await turn;
        if (maxDepth > 0) {
          bestPlace = await this.#tryWindow(place, maxDepth);
          if (this.#bestLength > 0) this.#keep(at);
          // One that nothing may stand on has no place in the window.
          if (bestPlace >= 0 && maxDepth <= slot.depth) continue;
          if (bestPlace >= 0) this.#promote(bestPlace, place);
        }
      }
      place = (place + 1) % slots.length;
      if (filled + 1 < slots.length) filled++;
    }
    return { bases: this.#bases, deltaSizes: this.#deltaSizes, cache: this.#cache };
  }

  #free(slot: Slot): void {
    if (slot.indexed) this.#memory -= slot.index.byteLength;
    if (slot.data !== undefined) this.#memory -= slot.data.length;
    slot.at = -1;
    slot.data = undefined;
    slot.indexed = false;
    slot.depth = 0;
  }

  /** Tries the object in slot `place` against the others, the youngest first. @returns the place of the best base, −1 if there is none. */
  async #tryWindow(place: number, maxDepth: number): Promise<number> {
    const slots = this.#slots;
    const { types } = this.#list;
    const target = slots[place]!;
    let best = -1;
    this.#bestLength = 0;
    for (let distance = 1; distance < slots.length; distance++) {
      const other = place - distance < 0 ? place - distance + slots.length : place - distance;
      const source = slots[other]!;
      if (source.at < 0 || types[source.at] !== types[target.at]) break;
      const maxSize = this.#sizeLimit(target, source, maxDepth);
      if (maxSize <= 0) continue;
      if (target.data === undefined) {
        const loading = this.#load(target);
        if (loading !== undefined) await loading;
      }
      if (source.data === undefined) {
        const loading = this.#load(source);
        if (loading !== undefined) await loading;
        if (source.data === undefined) continue;
      }
      if (this.#tryOne(target, source, maxSize)) best = other;
    }
    return best;
  }

  /** The most bytes that a delta against `source` may take to be wanted; 0 if it need not be tried. */
  #sizeLimit(target: Slot, source: Slot, maxDepth: number): number {
    const { sizes, flags, packs } = this.#list;
    const at = target.at;
    // What the pack's own maker has tried and not taken would not be taken now.
    if (
      this.#options.reuseDelta &&
      packs[at]! >= 0 &&
      packs[at] === packs[source.at] &&
      (flags[source.at]! & isPreferred) === 0 &&
      (flags[at]! & isDeltaThere) === 0
    ) {
      return 0;
    }
    if (source.depth >= maxDepth) return 0;
    const size = sizes[at]!;
    const sourceSize = sizes[source.at]!;
    const hasDelta = this.#bases[at]! >= 0;
    const most = hasDelta ? this.#deltaSizes[at]! : Math.floor(size / 2) - this.#options.idByteLength;
    const ownDepth = hasDelta ? target.depth : 1;
    // Git counts without signs: less than nothing is as much as can be.
    const limit =
      most < 0 ? Number.MAX_SAFE_INTEGER : Math.floor((most * (maxDepth - source.depth)) / (maxDepth - ownDepth + 1));
    if (limit === 0 || size - sourceSize >= limit || size < Math.floor(sourceSize / 32)) return 0;
    return limit;
  }

  #tryOne(target: Slot, source: Slot, maxSize: number): boolean {
    const at = target.at;
    if (!source.indexed) {
      source.index.fill(source.data!);
      source.indexed = true;
      this.#memory += source.index.byteLength;
    }
    const delta = source.index.encode(target.data!, maxSize);
    if (delta === undefined) return false;
    const before = this.#bases[at]! >= 0;
    // Of two deltas of one size the one that stands lower is better.
    if (before && delta.length === this.#deltaSizes[at] && source.depth + 1 >= target.depth) return false;
    this.#bases[at] = source.at;
    this.#deltaSizes[at] = delta.length;
    target.depth = source.depth + 1;
    this.#bestLength = 0;
    if (this.#isWorthKeeping(source.data!.length, target.data!.length, delta.length)) {
      if (this.#best.length < delta.length) this.#best = new Uint8Array(2 * delta.length);
      this.#best.set(delta);
      this.#bestLength = delta.length;
    }
    return true;
  }

  #isWorthKeeping(sourceSize: number, targetSize: number, deltaSize: number): boolean {
    const { cacheSize, cacheLimit } = this.#options;
    if (cacheSize > 0 && this.#cache.byteLength + deltaSize > cacheSize) return false;
    if (deltaSize < cacheLimit) return true;
    const megabytes = Math.floor(sourceSize / 2 ** 20) + Math.floor(targetSize / 2 ** 21);
    return megabytes > Math.floor(deltaSize / 2 ** 10);
  }

  #keep(at: number): void {
    const kept = this.#tools.deflater.deflate(this.#best, 0, this.#bestLength);
    if (kept.length < mostCached) this.#cache.add(at, kept);
  }

  /** Moves the base that was best to where it stays in the window for longest, right behind its delta. */
  #promote(best: number, place: number): void {
    const slots = this.#slots;
    const slot = slots[best]!;
    let to = best;
    for (let moves = (slots.length + place - best) % slots.length; moves > 0; moves--) {
      const from = (to + 1) % slots.length;
      slots[to] = slots[from]!;
      to = from;
    }
    slots[to] = slot;
  }

  /** Reads a slot's object; a promise where that takes waiting. */
  #load(slot: Slot): Promise<void> | undefined {
    const { idByteLength } = this.#options;
    const id = this.#list.ids.subarray(slot.at * idByteLength, (slot.at + 1) * idByteLength);
    const read = this.#tools.read(id);
    if (read instanceof Promise) return read.then((bytes) => this.#take(slot, id, bytes));
    this.#take(slot, id, read);
    return undefined;
  }

  #take(slot: Slot, id: Uint8Array, bytes: Uint8Array | undefined): void {
    if (bytes === undefined) {
      const message = `object ${toHex(id)} cannot be read`;
      if ((this.#list.flags[slot.at]! & isPreferred) === 0) throw new GitmidxError("missing-object", message);
      // The pack can be made without it.
      if (!this.#warned) this.#tools.warn(message);
      this.#warned = true;
      return;
    }
    const size = this.#list.sizes[slot.at]!;
    if (bytes.length !== size) {
      const message = `object ${toHex(id)} inconsistent object length (${bytes.length} vs ${size})`;
      throw new GitmidxError("bad-size", message);
    }
    slot.data = bytes;
    this.#memory += bytes.length;
  }
}
