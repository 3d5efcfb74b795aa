/** The pseudo-merges of all files of a bitmap, as one list. */

import type { BitmapView } from "../../formats/bitmap/view.js";
import type { Ewah } from "../../formats/ewah/ewah.js";

/** One pseudo-merge: commits that are reached together, and all that can be reached from them. */
export interface LayeredPseudoMerge {
  /** Number of the layer, 0 for the oldest. */
  readonly layer: number;
  /** Its number in that layer's file. */
  readonly index: number;
  /** The bits of its commits. */
  members(): Ewah;
  /** The bits of every object that can be reached from them. */
  objects(): Ewah;
}

/** Those of every layer, oldest layer first, in the order of the files. */
export function layeredPseudoMerges(layers: readonly BitmapView[]): readonly LayeredPseudoMerge[] {
  return layers.flatMap((view, layer) => {
    const merges = view.pseudoMerges();
    if (merges === undefined) return [];
    return Array.from({ length: merges.count }, (_, index) => ({
      layer,
      index,
      members: () => merges.members(index),
      objects: () => merges.objects(index),
    }));
  });
}
