/** Objects reached from revisions, as bitmaps know them: most of them are not looked at at all. */

import { withRanges } from "../../../bytes/source.js";
import { isGitmidxError } from "../../../core/errors.js";
import type { ObjectTypeCode } from "../../../core/object-type.js";
import type { TaskOptions } from "../../../core/task.js";
import type { BitmapIndex } from "../../../store/bitmaps/bitmap-index.js";
import { openBitmapIndex } from "../../../store/bitmaps/open-bitmap-index.js";
import type { OpenPack } from "../../../store/open-pack.js";
import { isBitmapDamage, rememberMarks } from "../../reach/bitmap-damage.js";
import { reach } from "../../reach/reach.js";
import type { ReachResult } from "../../reach/reach-result.js";
import type { FilterSpec } from "../../walk/filter/parse-filter.js";
import type { RevisionWalk } from "../../walk/revision-walk.js";
import { ListedPlaces } from "../listed-places.js";
import { now } from "../select/known-packs.js";
import type { SelectionStep } from "../select/selection-step.js";
import type { Selector } from "../select/selector.js";
import { BitmapAnswer } from "./bitmap-answer.js";
import { type PackReuse, packsToReuse } from "./packs-to-reuse.js";
import { planReuse } from "./reuse-plan.js";

/** How bitmaps are used. */
export interface BitmapUse {
  readonly reuse: PackReuse;
  /** `pack.useBitmapBoundaryTraversal` */
  readonly boundary: boolean;
  /** `core.multiPackIndex` */
  readonly useMidx: boolean;
}

/** What is asked for. */
export interface BitmapSelectionOptions extends TaskOptions {
  readonly use: BitmapUse;
  readonly unpacked?: boolean | undefined;
  readonly filter?: FilterSpec | undefined;
  readonly maxTreeDepth?: number | undefined;
}

/**
 * Lists what `walk.pending` reaches, less what can be taken over unseen.
 * @returns undefined where there is no bitmap, where git would not use it, or where it is damaged; then everything is as before, and can be
 *   walked.
 * @throws GitmidxError of objects that are missing or damaged.
 */
export async function selectByBitmap(
  selector: Selector,
  walk: RevisionWalk,
  step: SelectionStep,
  options: BitmapSelectionOptions,
): Promise<BitmapAnswer | undefined> {
  const { warn, complain } = selector.options;
  const { useMidx } = options.use;
  const index = await openBitmapIndex(selector.source.directories, { useMidx, warn, complain });
  if (index === undefined) return undefined;
  const restore = rememberMarks(walk.graph.objects);
  let answer: BitmapAnswer | undefined;
  try {
    const result = await ask(index, selector, walk, options);
    if (result !== undefined) answer = await list(result, selector, step, options);
  } catch (error) {
    if (!isBitmapDamage(error, index) || selector.list.count > 0) throw error;
    complain?.(error.message);
    selector.answer = undefined;
    restore();
  } finally {
    if (answer === undefined) index.close();
  }
  return answer;
}

function ask(
  index: BitmapIndex,
  { source, packs }: Selector,
  walk: RevisionWalk,
  { use, unpacked, filter, maxTreeDepth, signal }: BitmapSelectionOptions,
): Promise<ReachResult | undefined> {
  return reach({
    index,
    graph: walk.graph,
    store: source.store,
    pending: walk.pending.objects,
    objects: true,
    filter,
    boundary: use.boundary,
    isPacked: unpacked === true ? (oid) => packs.has(oid, () => true) : undefined,
    maxTreeDepth,
    signal,
  });
}

async function list(
  result: ReachResult,
  selector: Selector,
  step: SelectionStep,
  { use, signal }: BitmapSelectionOptions,
): Promise<BitmapAnswer> {
  const packs = selector.adder.takesAll ? await packsToReuse(result, result.bits, use.reuse) : [];
  const reuse = packs.length === 0 ? undefined : await planReuse(packs, result.bits, { signal });
  const answer = new BitmapAnswer(result, new ListedPlaces(), reuse);
  selector.answer = answer;
  if (reuse !== undefined) {
    result.bits.andNot(reuse.bits);
    await step.tick(reuse.count);
  }
  if (manyShare * result.bits.count() > result.order.bitCount) await withRanges(() => result.order.load());
  const lister = new Lister(answer, selector);
  for await (const { type, bits } of result.bitsByType()) {
    for (const bit of bits) {
      const listing = now(() => lister.list(bit, type));
      if (listing !== undefined) await listing;
      const turn = step.tick();
      if (turn !== undefined) await turn;
    }
  }
  return answer;
}

/** From one object in so many on it pays to read the tables of all. */
const manyShare = 64;

/** Puts what bits stand for into the packing list. */
class Lister {
  readonly #answer: BitmapAnswer;
  readonly #selector: Selector;
  readonly #packs: (OpenPack | undefined)[] = [];

  constructor(answer: BitmapAnswer, selector: Selector) {
    this.#answer = answer;
    this.#selector = selector;
  }

  /** @throws NeedRange, before anything is changed */
  list(bit: number, type: ObjectTypeCode): void | Promise<void> {
    const { result, places } = this.#answer;
    const { adder, list } = this.#selector;
    const { order } = result;
    const hash = result.nameHashAt(bit);
    if (bit >= order.bitCount) return adder.addHashed(result.oidAt(bit), type, hash);
    const pack = this.#pack(order.packAt(bit));
    const offset = order.offsetAt(bit);
    const row = list.count;
    const adding = adder.addHashed(result.oidAt(bit), type, hash);
    // An object that is asked about may be taken from a copy that is not left out.
    if (adding !== undefined) return adding;
    if (pack !== undefined && list.count > row) places.add(row, pack, offset);
  }

  /** A pack of the bitmap; undefined if it has gone: then its objects are looked for elsewhere. */
  #pack(id: number): OpenPack | undefined {
    if (id in this.#packs) return this.#packs[id];
    let pack: OpenPack | undefined;
    try {
      pack = this.#answer.result.packs.pack(id);
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
    }
    this.#packs[id] = pack;
    return pack;
  }
}
