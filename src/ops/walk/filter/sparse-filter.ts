/** `sparse:oid=REV`: blobs that a sparse checkout with those patterns would have; trees are all taken. */

import { nameOfBytes } from "../../../bytes/name-text.js";
import { revisitMark } from "../flags.js";
import type { ObjectTable } from "../object-table.js";
import type { PathBuffer } from "../path-buffer.js";
import {
  type FilterAnswer,
  type FilterSituation,
  markSeenAnswer,
  type ObjectFilter,
  showAnswer,
} from "./object-filter.js";
import type { Omissions } from "./omissions.js";
import { matchSparsePatterns, type SparsePattern } from "./sparse-patterns.js";

const take = markSeenAnswer | showAnswer;

/** A tree that is being gone through. */
interface Frame {
  /** Whether what no pattern speaks of is taken: as the directory is. */
  readonly matched: boolean;
  /** Whether a blob below was left out, so that the tree must be looked at again elsewhere. */
  omitted: boolean;
}

/** A filter by path. */
export class SparseFilter implements ObjectFilter {
  readonly #objects: ObjectTable;
  readonly #patterns: readonly SparsePattern[];
  readonly #frames: Frame[] = [{ matched: false, omitted: false }];
  readonly #omissions: Omissions | undefined;

  constructor(objects: ObjectTable, patterns: readonly SparsePattern[], omissions?: Omissions) {
    this.#omissions = omissions;
    this.#objects = objects;
    this.#patterns = patterns;
  }

  ask(situation: FilterSituation, row: number, path: PathBuffer, nameStart: number): FilterAnswer {
    switch (situation) {
      case "tree":
        this.#frames.push({ matched: this.#matches(path, nameStart, true), omitted: false });
        if (this.#objects.has(row, revisitMark)) return 0;
        this.#objects.mark(row, revisitMark);
        return showAnswer;
      case "end of tree": {
        const { omitted } = this.#frames.pop()!;
        if (omitted) this.#frames.at(-1)!.omitted = true;
        return omitted ? 0 : markSeenAnswer;
      }
      case "blob":
        if (this.#matches(path, nameStart, false)) {
          this.#omissions?.remove(row);
          return take;
        }
        this.#omissions?.add(row);
        this.#frames.at(-1)!.omitted = true;
        return 0;
      default:
        return take;
    }
  }

  #matches(path: PathBuffer, nameStart: number, isDirectory: boolean): boolean {
    const text = nameOfBytes(path.view());
    const name = nameOfBytes(path.view().subarray(nameStart));
    return matchSparsePatterns(this.#patterns, text, name, isDirectory) ?? this.#frames.at(-1)!.matched;
  }
}
