/** What a check is: one thing that git and we must agree about. The list of them is in `checks.ts`. */

import type { TaskOptions } from "../../core/task.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { Verdict } from "./comparison.js";
import type { Git, GitPlace, GitVersion } from "./git.js";
import type { Scratch } from "./scratch.js";

/** The repository that is compared. It is only read. */
export interface CompatSubject {
  /** Its own object directory first, then those it borrows from. */
  readonly directories: readonly ObjectDirectory[];
  /** `core.multiPackIndex`. */
  readonly usesMidx: boolean;
  /** How a git is run in it. */
  readonly place: GitPlace;
}

/** What a check works with. */
export interface CheckContext {
  readonly subject: CompatSubject;
  readonly git: Git;
  /** Whether to compare what takes as long as reading every object. */
  readonly full: boolean;
  readonly scratch: Scratch;
  readonly task: TaskOptions;
}

/** One check. */
export interface Check {
  /** Stable: reports name it. */
  readonly name: string;
  /** What is compared, in a few words. */
  readonly title: string;
  /** The oldest git with which it can be compared. */
  readonly since: GitVersion;
  /** Made only where everything is to be compared. */
  readonly fullOnly?: boolean;
  /**
   * Compares. A GitmidxError about a file's bytes, and a GitFailed, may be thrown: they become differences.
   * @throws GitmidxError
   */
  run(context: CheckContext): Promise<Verdict>;
}
