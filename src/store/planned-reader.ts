/**
 * Makes the objects of a pack one after the other, in the order of their entries. Since it is known beforehand which deltas are still to
 * come, it keeps only what they are made from, and of that what is needed soonest.
 */

import { env } from "#env";
import { GitmidxError } from "../core/errors.js";
import { applyDelta, checkDeltaResult, minDeltaByteLength, readDeltaSizes } from "../formats/delta/apply.js";
import { BytePool } from "./byte-pool.js";
import { EntryRun } from "./entry-run.js";
import type { OpenPack } from "./open-pack.js";
import { type PackPlan, plannedByteLength } from "./pack-plan.js";

/** Bytes that are read at once from front to back. */
const stretchByteLength = 1 << 18;
/** Results above this size are counted before memory is spent on them. */
const countedByteLength = 1 << 16;
/** What git keeps of bases, and what we keep at the most if nothing is configured. */
const gitLimit = 96 << 20;
const mostLimit = 256 << 20;

/** An object in memory. */
interface Held {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** Where the content of an object is to be put, once its size is known. */
export interface ContentTarget {
  /** Where in {@link bytes} an object of that size is to be put, with room for a byte more; −1 if there is no room. */
  place(size: number): number;
  readonly bytes: Uint8Array;
}

/** What was made: `bytes[start, start + length)`, valid until the next call. */
export class MadeObject {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  length = 0;
  /** Whether it is where the target wanted it. */
  inPlace = false;
}

/** The entry's own data, if somebody else has inflated it: `bytes[at, at + size)`. */
export interface Inflated {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** The reader. Call {@link make} or {@link pass} for each entry in order. */
export class PlannedReader {
  readonly made = new MadeObject();
  readonly #plan: PackPlan;
  readonly #ahead: EntryRun;
  readonly #again: EntryRun;
  readonly #inflater = env.createInflater();
  readonly #limit: number;
  readonly #pool = new BytePool();
  readonly #held = new Map<number, Held>();
  #heldByteLength = 0;
  /** What {@link made} holds if nobody needs it later. */
  #loan: Uint8Array | undefined;
  #delta = new Uint8Array(1 << 14);
  /** Entries that must be made before the wanted one. */
  readonly #chain: number[] = [];

  /**
   * @param limit bytes of bases to keep, `core.deltaBaseCacheLimit`. Unless given as much as git keeps, and of large packs as much more as
   * the pack has, which git has in memory: up to 256 MiB in all.
   */
  constructor(pack: OpenPack, plan: PackPlan, limit?: number) {
    const { source } = pack.view;
    this.#plan = plan;
    this.#ahead = new EntryRun(source, stretchByteLength);
    this.#again = new EntryRun(source, 0);
    this.#limit = limit ?? Math.min(mostLimit, gitLimit + source.size);
  }

  /** Goes on without making entry number `i`. */
  pass(i: number): void {
    this.#giveBack();
    this.#use(i);
  }

  /**
   * Makes the object of entry number `i` into {@link made}: where `target` wants it if nothing is made from it later.
   * @throws GitmidxError for what is damaged: it is then for others to say what is wrong, or to find another copy.
   */
  make(i: number, target: ContentTarget, inflated?: Inflated): void {
    this.#giveBack();
    if (this.#pool.byteLength > this.#limit) this.#shrink();
    try {
      const base = this.#plan.bases[i]!;
      if (base < 0) this.#makeWhole(i, target, inflated);
      else this.#makeDelta(i, this.#base(base), target, inflated);
    } finally {
      this.#use(i);
    }
  }

  #makeWhole(i: number, target: ContentTarget, inflated: Inflated | undefined): void {
    const size = this.#plan.sizes[i]!;
    if (inflated === undefined) {
      const bytes = this.#room(i, size, target);
      this.#inflate(i, this.#ahead, bytes, this.made.start);
    } else {
      const { bytes, at } = inflated;
      const to = this.#room(i, size, target);
      to.set(bytes.subarray(at, at + size), this.made.start);
    }
    this.#keep(i);
  }

  #makeDelta(i: number, base: Held, target: ContentTarget, inflated: Inflated | undefined): void {
    const size = this.#plan.sizes[i]!;
    if (inflated === undefined) this.#inflateDelta(i, this.#ahead);
    const delta = inflated?.bytes ?? this.#delta;
    const at = inflated?.at ?? 0;
    this.#apply(i, delta, at, at + size, base, target);
    this.#keep(i);
  }

  #apply(i: number, delta: Uint8Array, at: number, end: number, base: Held, target: ContentTarget | undefined): void {
    const sizes = readDeltaSizes(delta, at, end);
    const { baseSize, resultSize, start } = sizes;
    if (baseSize !== base.length || resultSize > plannedByteLength) throw unfit();
    if (end - at < minDeltaByteLength) throw unfit();
    if (resultSize > countedByteLength) checkDeltaResult(delta, sizes, end);
    const bytes = this.#room(i, resultSize, target);
    applyDelta(delta, start, end, base.bytes, 0, baseSize, bytes, this.made.start, resultSize);
  }

  /** Room for an object of `size` bytes: made.bytes from made.start. */
  #room(i: number, size: number, target: ContentTarget | undefined): Uint8Array {
    const { made } = this;
    made.length = size;
    const place = target === undefined || this.#plan.firstUses[i]! >= 0 ? -1 : target.place(size);
    made.inPlace = place >= 0;
    made.start = made.inPlace ? place : 0;
    if (made.inPlace) made.bytes = target!.bytes;
    else this.#loan = made.bytes = this.#pool.take(size + 1);
    return made.bytes;
  }

  /** Keeps what was made if something is made from it later. */
  #keep(i: number): void {
    const { bytes, length, inPlace } = this.made;
    if (inPlace || this.#plan.firstUses[i]! < 0) return;
    this.#loan = undefined;
    this.#held.set(i, { bytes, length });
    this.#heldByteLength += bytes.length;
  }

  /** Entry number `wanted`, which a delta is made from: kept, or made again with all that it rests on. */
  #base(wanted: number): Held {
    const kept = this.#held.get(wanted);
    if (kept !== undefined) return kept;
    const { bases } = this.#plan;
    const chain = this.#chain;
    chain.length = 0;
    let at = wanted;
    let base: Held | undefined;
    for (; at >= 0 && base === undefined; at = bases[at]!) {
      base = this.#held.get(at);
      if (base === undefined) chain.push(at);
    }
    for (let k = chain.length - 1; k >= 0; k--) {
      const i = chain[k]!;
      if (base === undefined) this.#inflate(i, this.#again, this.#room(i, this.#plan.sizes[i]!, undefined), 0);
      else {
        this.#inflateDelta(i, this.#again);
        this.#apply(i, this.#delta, 0, this.#plan.sizes[i]!, base, undefined);
        this.#giveUnheld(base);
      }
      const { bytes, length } = this.made;
      this.#loan = undefined;
      base = { bytes, length };
      if (this.#plan.firstUses[i]! >= 0) {
        this.#held.set(i, base);
        this.#heldByteLength += bytes.length;
      } else this.#passing = base;
    }
    return base!;
  }

  /** The array of an object that is only a step to another. */
  #passing: Held | undefined;

  #giveUnheld(base: Held): void {
    if (this.#passing !== base) return;
    this.#passing = undefined;
    this.#pool.give(base.bytes);
  }

  #inflateDelta(i: number, run: EntryRun): void {
    const size = this.#plan.sizes[i]!;
    if (this.#delta.length <= size) this.#delta = new Uint8Array(2 * size);
    this.#inflate(i, run, this.#delta, 0);
  }

  #inflate(i: number, run: EntryRun, target: Uint8Array, at: number): void {
    const { offsets, headers, sizes } = this.#plan;
    const start = offsets[i]!;
    const length = offsets[i + 1]! - start;
    // a byte more, so that the stream does not end with what the inflater sees
    const from = run.locate(start, start + length + 1);
    const taken = this.#inflater.inflate(run.bytes, from + headers[i]!, from + length + 1, target, at, sizes[i]!);
    if (taken < 0 || headers[i]! + taken > length) throw unfit();
  }

  /** Notes that entry number `i` has come: what no later entry is made from is dropped. */
  #use(i: number): void {
    const { bases, firstUses, nextUses } = this.#plan;
    const base = bases[i]!;
    if (base < 0) return;
    firstUses[base] = nextUses[i]!;
    if (firstUses[base]! < 0) this.#drop(base);
  }

  #drop(i: number): void {
    const held = this.#held.get(i);
    if (held === undefined) return;
    this.#held.delete(i);
    this.#heldByteLength -= held.bytes.length;
    this.#pool.give(held.bytes);
  }

  #giveBack(): void {
    if (this.#loan !== undefined) this.#pool.give(this.#loan);
    if (this.#passing !== undefined) this.#pool.give(this.#passing.bytes);
    this.#loan = undefined;
    this.#passing = undefined;
  }

  /** Drops what is needed last, a tenth of all. */
  #shrink(): void {
    const least = this.#limit * 0.9;
    if (this.#heldByteLength > least) {
      const { firstUses } = this.#plan;
      const soonest = [...this.#held.keys()].sort((a, b) => firstUses[b]! - firstUses[a]!);
      for (const i of soonest) {
        this.#drop(i);
        if (this.#heldByteLength <= least) break;
      }
    }
    this.#pool.shrinkTo(Math.max(least, this.#heldByteLength));
  }
}

function unfit(): GitmidxError {
  return new GitmidxError("bad-delta", "the entry cannot be made by plan");
}
