/** Answers from bitmaps, in git's form: counts, sizes, ids without paths. */

import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import { openBitmapIndex } from "../../store/bitmaps/open-bitmap-index.js";
import { isBitmapDamage, rememberMarks } from "../reach/bitmap-damage.js";
import { reach } from "../reach/reach.js";
import type { ReachResult } from "../reach/reach-result.js";
import type { FilterSpec } from "../walk/filter/parse-filter.js";
import type { ObjectGraph } from "../walk/object-graph.js";
import type { PendingObjects } from "../walk/pending.js";
import { humanSize } from "./human-size.js";
import type { LineOutput } from "./line-output.js";
import type { PackFacts } from "./pack-facts.js";
import type { RevListRequest } from "./request.js";
import { usesBoundaryTraversal } from "./settings.js";
import type { RevListSource } from "./source.js";

/** What an answer is made from, and where it goes. */
export interface BitmapAnswer {
  readonly source: RevListSource;
  readonly request: RevListRequest;
  readonly packs: PackFacts;
  readonly output: LineOutput;
}

/** Answers from bitmaps. @returns false if that cannot be done, and nothing was printed. */
export async function printFromBitmaps(
  answer: BitmapAnswer,
  graph: ObjectGraph,
  pending: PendingObjects,
  filter: FilterSpec | undefined,
): Promise<boolean> {
  if (!canAnswer(answer.request)) return false;
  const index = await openIndex(answer.source);
  if (index === undefined) return false;
  const restore = rememberMarks(graph.objects);
  const { source, request, packs } = answer;
  let printed = false;
  try {
    const { walk, signal, progress } = request;
    const result = await reach({
      index,
      graph,
      store: source.plainStore,
      pending: pending.objects,
      objects: walk.objects,
      filter,
      filtersProvided: walk.filterProvidedObjects,
      boundary: usesBoundaryTraversal(source.config),
      isPacked: walk.unpacked ? (oid) => packs.isPacked(oid) : undefined,
      maxTreeDepth: source.config.int("core.maxTreeDepth"),
      signal,
      progress,
    });
    if (result === undefined) return false;
    await print(answer, result, () => (printed = true));
    return true;
  } catch (error) {
    // What was printed cannot be taken back.
    if (!isBitmapDamage(error, index) || printed) throw error;
    source.say("error", error.message);
    restore();
    return false;
  } finally {
    index.close();
  }
}

/** Opens the bitmap that git would use. */
export function openIndex({ directories, config, say }: RevListSource): Promise<BitmapIndex | undefined> {
  const useMidx = config.bool("core.multiPackIndex");
  return openBitmapIndex(directories, {
    useMidx,
    warn: (text) => say("warning", text),
    complain: (text) => say("error", text),
  });
}

/**
 * Whether a set of objects is all that is asked for. Unlike git, which passes over options that bitmaps know nothing of, we walk where
 * they would change the answer.
 */
function canAnswer({ walk, format }: RevListRequest): boolean {
  const { choice } = walk;
  const { maxCount, ...others } = choice;
  if (Object.values(others).some((value) => value !== undefined)) return false;
  if (walk.firstParent || walk.boundary || walk.edges !== "none" || walk.missing !== "error") return false;
  if (walk.excludePromisorObjects || format.printOmitted || format.leftRight) return false;
  if (maxCount !== undefined && (!format.count || walk.objects || format.diskUsage !== undefined)) return false;
  if (format.count || format.diskUsage !== undefined) return true;
  const ordered = walk.order !== undefined || walk.reverse || walk.inCommitOrder;
  return !ordered && !format.parents && !format.children && !format.timestamp && !format.quiet;
}

/** @param begins called before anything is printed. */
async function print({ output, request }: BitmapAnswer, result: ReachResult, begins: () => void): Promise<void> {
  const { format, walk } = request;
  if (format.count) {
    const most = walk.choice.maxCount;
    const count = await result.count();
    begins();
    await output.text(`${most === undefined ? count : Math.min(count, most)}\n`);
  } else if (format.diskUsage !== undefined) {
    const bytes = await result.diskUsage();
    begins();
    await output.text(`${format.diskUsage === "human" ? humanSize(bytes) : bytes}\n`);
  } else {
    for await (const lines of result.lines()) {
      begins();
      const written = output.bytes(lines);
      if (written !== undefined) await written;
    }
  }
}
