/** What making every object of a pack in the order of their entries takes: found out from the index and the entries' headers alone. */

import { radixSortPermutation } from "../bytes/radix-sort.js";
import { withRanges } from "../bytes/source.js";
import { isGitmidxError } from "../core/errors.js";
import { Step, type TaskOptions } from "../core/task.js";
import { EntryHeader, maxEntryHeaderByteLength } from "../formats/pack/entry-header.js";
import { RevView } from "../formats/rev.js";
import { EntryRun } from "./entry-run.js";
import type { OpenPack } from "./open-pack.js";

/** The plan of a pack: a column for each thing that is known of its entries, which are in the order of their offsets. */
export interface PackPlan {
  readonly count: number;
  /** Where each entry begins, and where the last one ends. */
  readonly offsets: Float64Array;
  /** The entry's row in the index. */
  readonly rows: Uint32Array;
  /** Bytes of the entry's header; 0 if it is not read by plan: damaged, too large, or a delta on an entry behind it. */
  readonly headers: Uint8Array;
  /** Inflated size of the entry's own data. */
  readonly sizes: Uint32Array;
  /** Of a delta the number of the entry that it is made from; −1 of others. */
  readonly bases: Int32Array;
  /** The object's type as `ObjectTypeCode`; 0 if it is not made by plan: its entry or one that it rests on is not read by plan. */
  readonly types: Uint8Array;
  /** The first delta that is made from the entry, and the next one that is made from the same base: −1 if there is none. */
  readonly firstUses: Int32Array;
  readonly nextUses: Int32Array;
}

/** Larger entries are read piece by piece instead. */
export const plannedByteLength = 32 << 20;
/** Plans take some thirty bytes for each entry. */
const mostEntries = 8 << 20;
/** Deflate makes at most so many bytes of one. */
const mostExpansion = 1032;
const stretchByteLength = 1 << 18;

/**
 * Makes the plan of a pack. Undefined where that is not worth while, or not possible: for packs that must be fetched, that have too many
 * entries, or whose index gives no order.
 * @throws GitmidxError `aborted`; as `OpenPack.open`
 */
export async function planPack(pack: OpenPack, task: TaskOptions = {}): Promise<PackPlan | undefined> {
  await pack.open();
  if ("fetch" in pack.view.source || pack.order.count > mostEntries) return undefined;
  const plan = await withRanges(() => emptyPlan(pack));
  if (plan === undefined) return undefined;
  const planner = new Planner(pack, plan);
  const step = new Step({ signal: task.signal }, "");
  for (let i = 0; i < plan.count; i++) {
    planner.look(i);
    const turn = step.tick();
    if (turn !== undefined) await turn;
  }
  planner.linkUses();
  return plan;
}

function emptyPlan(pack: OpenPack): PackPlan | undefined {
  const { idx, order, view } = pack;
  const { count } = order;
  const byRow = idx.offsets();
  const rows = rowsInOrder(order, byRow);
  const offsets = new Float64Array(sharedBuffer(8 * (count + 1)));
  let last = 0;
  for (let i = 0; i < count; i++) {
    const offset = byRow[rows[i]!];
    if (offset === undefined || !(offset > last)) return undefined;
    offsets[i] = offset;
    last = offset;
  }
  if (last >= view.entriesEnd) return undefined;
  offsets[count] = view.entriesEnd;
  return {
    count,
    offsets,
    rows,
    headers: new Uint8Array(sharedBuffer(count)),
    sizes: new Uint32Array(sharedBuffer(4 * count)),
    bases: new Int32Array(count).fill(-1),
    types: new Uint8Array(count),
    firstUses: new Int32Array(count).fill(-1),
    nextUses: new Int32Array(count).fill(-1),
  };
}

/** Memory that other threads can see, where there is such a thing. */
function sharedBuffer(byteLength: number): ArrayBufferLike {
  return typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength);
}

function rowsInOrder(order: OpenPack["order"], byRow: Float64Array): Uint32Array {
  if (!(order instanceof RevView)) return radixSortPermutation(byRow);
  const { count } = order;
  const bytes = order.source.copy(12, 4 * count);
  const data = new DataView(bytes.buffer);
  const rows = new Uint32Array(count);
  for (let i = 0; i < count; i++) rows[i] = data.getUint32(4 * i);
  return rows;
}

class Planner {
  readonly #pack: OpenPack;
  readonly #plan: PackPlan;
  readonly #header = new EntryHeader();
  readonly #run: EntryRun;

  constructor(pack: OpenPack, plan: PackPlan) {
    this.#pack = pack;
    this.#plan = plan;
    this.#run = new EntryRun(pack.view.source, stretchByteLength);
  }

  /** Finds out about entry number `i`; what is wrong with it is for those to say who read it. */
  look(i: number): void {
    const { offsets, headers, sizes, bases, types } = this.#plan;
    const header = this.#header;
    const offset = offsets[i]!;
    const length = offsets[i + 1]! - offset;
    try {
      this.#parse(offset, length);
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      return;
    }
    const { size, byteLength, isDelta, type } = header;
    if (size > plannedByteLength || length > plannedByteLength || size > length * mostExpansion) return;
    const base = isDelta ? this.#baseOf(i) : -1;
    if (isDelta && base < 0) return;
    headers[i] = byteLength;
    sizes[i] = size;
    bases[i] = base;
    types[i] = isDelta ? types[base]! : type;
  }

  #parse(offset: number, length: number): void {
    const { source, format } = this.#pack.view;
    const most = Math.min(maxEntryHeaderByteLength, length);
    const at = this.#run.locate(offset, offset + Math.min(most, source.size - offset));
    this.#header.parse(this.#run.bytes, at, at + most, offset, format.byteLength);
  }

  /** The number of the entry that delta number `i` is made from, whose header was parsed last; −1 if it is not before it. */
  #baseOf(i: number): number {
    const { offsets } = this.#plan;
    const { baseDistance, baseIdAt } = this.#header;
    let wanted: number | undefined = offsets[i]! - baseDistance;
    if (baseDistance === 0) {
      const { byteLength } = this.#pack.directory.format;
      wanted = this.#pack.find(this.#run.bytes.subarray(baseIdAt, baseIdAt + byteLength));
      if (wanted === undefined) return -1;
    }
    // bases are mostly near
    let step = 1;
    while (i - step > 0 && offsets[i - step]! > wanted) step *= 2;
    let low = Math.max(0, i - step);
    let high = i - step / 2;
    if (step === 1) high = i - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const offset = offsets[middle]!;
      if (offset === wanted) return middle;
      if (offset < wanted) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Links the deltas of each base in their order. */
  linkUses(): void {
    const { count, bases, firstUses, nextUses } = this.#plan;
    for (let i = count - 1; i >= 0; i--) {
      const base = bases[i]!;
      if (base < 0) continue;
      nextUses[i] = firstUses[base]!;
      firstUses[base] = i;
    }
  }
}
