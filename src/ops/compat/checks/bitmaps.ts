/** The repository's bitmap: what it says that commits reach, against git's walk without bitmaps. */

import { withRanges } from "../../../bytes/source.js";
import { hexValue, toHex } from "../../../core/oid.js";
import { Step } from "../../../core/task.js";
import type { BitmapIndex, FoundEntry } from "../../../store/bitmaps/bitmap-index.js";
import { openBitmapIndex } from "../../../store/bitmaps/open-bitmap-index.js";
import type { Check, CheckContext } from "../check.js";
import { Comparison, counted, notCompared, type Verdict } from "../comparison.js";
import { withoutMidx } from "../subject-stacks.js";

/** Objects that git walks to before enough commits are compared, where not all are. */
const enoughObjects = 1_000_000;
/** Commits at the least among which those are chosen. */
const sampleSize = 16;

export const check: Check = {
  name: "bitmaps",
  title: "what bitmaps say that commits reach",
  since: [2, 30],
  async run(context) {
    const { directories, usesMidx } = context.subject;
    const said: string[] = [];
    const index = await openBitmapIndex(directories, { useMidx: usesMidx, warn: (text) => said.push(text) });
    if (index === undefined) return notCompared(said[0] ?? "no bitmap");
    try {
      return await compareBitmaps(index, context);
    } finally {
      index.close();
    }
  },
};

async function compareBitmaps(index: BitmapIndex, context: CheckContext): Promise<Verdict> {
  const comparison = new Comparison();
  const found: FoundEntry[] = [];
  for (const view of index.layers) {
    for (const entry of await withRanges(() => [...view.entries()])) found.push({ view, entry });
  }
  const count = context.full ? found.length : Math.min(sampleSize, found.length);
  const step = new Step(context.task, `Comparing bitmaps with git ${context.git.versionText}`);
  let commits = 0;
  for (let objects = 0; commits < count && (context.full || objects < enoughObjects); commits++) {
    objects += await compareCommit(index, found[Math.floor((commits * found.length) / count)]!, {
      ...context,
      comparison,
      step,
    });
  }
  step.finish();
  const files = index.kind === "chain" ? `${counted(index.layers.length, "layer")} of a chain` : index.path;
  return comparison.verdict(`${commits} of ${counted(found.length, "commit")}, ${files}`);
}

/** Compares one commit's bitmap. @returns how many objects git walked to */
async function compareCommit(
  index: BitmapIndex,
  { view, entry }: FoundEntry,
  context: CheckContext & { readonly comparison: Comparison; readonly step: Step },
): Promise<number> {
  const { git, subject, task, comparison, step } = context;
  const { order } = index;
  const commit = await withRanges(() => toHex(order.oidAt(order.bitAt(entry.position))));
  const bits = await withRanges(() => view.bitsOf(entry));
  const args = ["--no-replace-objects", "rev-list", "--objects", "--no-object-names", commit];
  // Old versions of git die of a multi-pack-index that they do not know, and this walk needs none.
  const lines = git.lines(withoutMidx(subject.place), { args }, task);
  const oid = new Uint8Array(order.format.byteLength);
  const place = { path: view.source.name, offset: entry.offset };
  let walked = 0;
  try {
    for (let line = await lines.next(); line !== undefined; line = lines.take() ?? (await lines.next())) {
      for (let i = 0; i < oid.length; i++) oid[i] = (hexValue(line[2 * i]!) << 4) | hexValue(line[2 * i + 1]!);
      walked++;
      const bit = order.bitOf(oid);
      if (bit >= 0 && bits.has(bit)) bits.delete(bit);
      else {
        const ours = bit < 0 ? "has no bit" : "not reached";
        const object = toHex(oid);
        comparison.differ({ what: `bitmap of commit ${commit}`, ...place, object, ours, git: "reached" });
      }
      const turn = step.tick();
      if (turn !== undefined) await turn;
    }
  } finally {
    await lines.close();
  }
  for (let bit = bits.next(0); bit >= 0; bit = bits.next(bit + 1)) {
    const object = await withRanges(() => toHex(order.oidAt(bit)));
    comparison.differ({ what: `bitmap of commit ${commit}`, ...place, object, ours: "reached", git: "not reached" });
  }
  return walked;
}
