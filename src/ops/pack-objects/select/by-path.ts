/** `--path-walk` (git 2.49): objects path by path, all versions of a path beside each other. */

import { commitCode, type ObjectTypeCode } from "../../../core/object-type.js";
import type { FilterSpec } from "../../walk/filter/parse-filter.js";
import { pathFilterTypes } from "../../walk/filter/path-filter.js";
import { uninterestingMark } from "../../walk/flags.js";
import { walkByPath } from "../../walk/path-walk.js";
import type { RevisionWalk } from "../../walk/revision-walk.js";
import type { PathRegion } from "./selection.js";
import type { SelectionStep } from "./selection-step.js";
import type { Selector } from "./selector.js";

/** What of the options counts here. */
export interface ByPathOptions {
  readonly thin?: boolean | undefined;
  readonly shallow?: boolean | undefined;
  readonly sparse?: boolean | undefined;
  readonly missing?: "error" | "allow-any" | "allow-promisor" | undefined;
  readonly promisorObjects?: "pack" | "exclude" | "best effort" | undefined;
  readonly window: number;
  /** One without a problem in the sense of `pathFilterProblem`, and without sparse patterns. */
  readonly filter?: FilterSpec | undefined;
  /** Told of each commit that is packed. */
  readonly commit?: ((row: number) => void) | undefined;
}

/** Walks by path and lists what is found. @returns the rows of each path. */
export async function selectByPath(
  walk: RevisionWalk,
  { adder, list, source }: Selector,
  step: SelectionStep,
  options: ByPathOptions,
): Promise<readonly PathRegion[]> {
  const { objects } = walk.graph;
  const regions: PathRegion[] = [];
  const mayMiss = options.promisorObjects === "exclude" || (options.missing ?? "error") !== "error";
  const add = async (path: Uint8Array, rows: readonly number[], type: ObjectTypeCode): Promise<void> => {
    const start = list.count;
    const name = { bytes: path, length: path.length };
    for (const row of rows) {
      const oid = objects.set.idAt(row);
      if (mayMiss && !(await source.store.has(oid))) continue;
      const excluded = objects.has(row, uninterestingMark);
      if (type === commitCode && !excluded) options.commit?.(row);
      if (!excluded) await adder.add(oid, type, name);
      else if (options.thin === true) adder.addBase(oid, type, name);
    }
    if (list.count > start && options.window > 0) regions.push({ start, count: list.count - start });
    await step.tick(rows.length);
  };
  const { sparse, shallow, filter } = options;
  const takes = pathFilterTypes(filter);
  await walkByPath(walk, add, { sparse: sparse !== false, aggressive: shallow === true, takes });
  return regions;
}
