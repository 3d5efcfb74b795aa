/** What multi-pack-indexes say of an object against the indexes of its packs, which git has been seen to read as we do. */

import { GitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import { loosePath } from "../../store/loose.js";
import type { CensusCopy } from "./census.js";
import type { Comparison } from "./comparison.js";
import type { SubjectStacks } from "./subject-stacks.js";

/** Checks all entries of one object, and that there is one where a pack is covered. */
export function checkMidxEntries(
  id: Uint8Array,
  copies: readonly CensusCopy[],
  stacks: SubjectStacks,
  comparison: Comparison,
): void {
  for (const copy of copies) {
    if (copy.kind === "layer") checkEntry(id, copy, copies, comparison);
    else if (copy.kind === "pack" && copy.source.covered) {
      const { directory } = copy.source;
      if (copies.some((other) => other.kind === "layer" && other.source.directory === directory)) continue;
      const path = stacks.entries[directory]!.stack!.tip.path;
      const what = "the multi-pack-index lacks an object of one of its packs";
      const git = placeOf(id, copy);
      comparison.differ({ what, path, chunk: "OIDL", object: toHex(id), ours: "not there", git });
    }
  }
}

function checkEntry(
  id: Uint8Array,
  { source, position }: Extract<CensusCopy, { readonly kind: "layer" }>,
  copies: readonly CensusCopy[],
  comparison: Comparison,
): void {
  const { view, path } = source.layer;
  let name: string;
  let offset: number;
  try {
    name = view.packNames[view.packIdAt(position)]!;
    offset = view.offsetAt(position);
  } catch (error) {
    if (!(error instanceof GitmidxError)) throw error;
    const place = { path, chunk: error.chunk, offset: error.offset, object: toHex(id) };
    comparison.differ({ what: "an entry of the multi-pack-index cannot be", ...place, ours: error.message });
    return;
  }
  let inIndex: number | undefined;
  for (const copy of copies) {
    if (copy.kind !== "pack" || copy.source.directory !== source.directory || copy.source.file.name !== name) continue;
    inIndex = copy.source.idx.offsetAt(copy.position);
    // An index may list an object twice, and the entry be of either.
    if (inIndex === offset) return;
  }
  comparison.differ({
    what: "the multi-pack-index is at odds with the pack's index as git reads it",
    path,
    chunk: "OOFF",
    offset: view.objectOffsetPlace(position),
    object: toHex(id),
    ours: `offset ${offset} of ${name}`,
    git: inIndex === undefined ? `not in ${name}` : `offset ${inIndex} of ${name}`,
  });
}

/** Where a copy is, in words. */
export function placeOf(id: Uint8Array, copy: CensusCopy): string {
  switch (copy.kind) {
    case "pack":
      return `offset ${copy.source.idx.offsetAt(copy.position)} of ${copy.source.file.name}`;
    case "layer":
      return copy.source.layer.path;
    case "loose":
      return loosePath(copy.source.objects, toHex(id));
  }
}
