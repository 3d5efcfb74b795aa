/** The use of pseudo-merges: where all commits of one are reached, so is all that its bitmap has. */

import type { BitSet } from "../../bytes/bit-set.js";
import type { PseudoMergeView } from "../../formats/bitmap/pseudo-merges.js";
import type { Ewah } from "../../formats/ewah/ewah.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";

/** One pseudo-merge. */
interface Merge {
  readonly view: PseudoMergeView;
  readonly number: number;
  /** The bits of its commits; undefined until they are needed. */
  members: Ewah | undefined;
  /** Whether its bitmap was added already. */
  isSatisfied: boolean;
}

/** The pseudo-merges of all layers, in one walk. */
export class PseudoMerges {
  readonly #merges: readonly Merge[];
  readonly #views: readonly { readonly view: PseudoMergeView; readonly first: number }[];

  /** @throws NeedRange */
  constructor(index: BitmapIndex) {
    const merges: Merge[] = [];
    const views: { view: PseudoMergeView; first: number }[] = [];
    for (const layer of index.layers) {
      const view = layer.pseudoMerges();
      if (view === undefined) continue;
      views.push({ view, first: merges.length });
      for (let number = 0; number < view.count; number++) {
        merges.push({ view, number, members: undefined, isSatisfied: false });
      }
    }
    this.#merges = merges;
    this.#views = views;
  }

  get isEmpty(): boolean {
    return this.#merges.length === 0;
  }

  /**
   * Adds to `reached` what every pseudo-merge reaches whose commits are all in `reached` or, if they are given, in `roots`, until there is
   * no further one.
   * @returns whether there was any. @throws NeedRange: to be called again then.
   */
  cascade(reached: BitSet, roots: BitSet = reached): boolean {
    let any = false;
    for (let more = true; more; ) {
      more = false;
      for (const merge of this.#merges) if (apply(merge, reached, roots)) more = true;
      if (more) any = true;
    }
    return any;
  }

  /** The same for the pseudo-merges that a commit is in, and what follows from them. @throws NeedRange */
  applyFor(bit: number, reached: BitSet): boolean {
    let any = false;
    for (const { view, first } of this.#views) {
      for (const number of view.mergesOf(bit)) {
        if (apply(this.#merges[first + number]!, reached, reached)) any = true;
      }
    }
    if (any) this.cascade(reached);
    return any;
  }
}

function apply(merge: Merge, reached: BitSet, roots: BitSet): boolean {
  if (merge.isSatisfied) return false;
  const { view, number } = merge;
  merge.members ??= view.members(number);
  if (!merge.members.isSubsetOf(roots)) return false;
  const objects = view.objects(number);
  objects.orInto(reached);
  if (roots !== reached) objects.orInto(roots);
  merge.isSatisfied = true;
  return true;
}
