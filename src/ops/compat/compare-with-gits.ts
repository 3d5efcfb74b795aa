/** `compat`: every check with every git, on one repository, which is only read. */

import { type ErrorCode, GitmidxError } from "../../core/errors.js";
import { checkAborted, type TaskOptions } from "../../core/task.js";
import type { ScratchFs } from "../../store/scratch-fs.js";
import type { Check, CheckContext, CompatSubject } from "./check.js";
import { checks } from "./checks.js";
import { Comparison, notCompared, type Outcome, type Verdict } from "./comparison.js";
import { type Git, GitFailed } from "./git.js";
import { Scratch } from "./scratch.js";

/** What is compared, and how. */
export interface CompatOptions extends TaskOptions {
  readonly gits: readonly Git[];
  /** Compares also what takes as long as reading every object. Default false. */
  readonly full?: boolean | undefined;
  /** Makes only the checks of these names. */
  readonly only?: readonly string[] | undefined;
  /** Where both write. */
  readonly scratch: { readonly fs: ScratchFs; readonly parent: string };
  /** Told each result as it comes. */
  readonly result?: ((result: CheckResult) => Promise<void> | void) | undefined;
}

/** What a check with one git came to. */
export interface CheckResult extends Verdict {
  readonly git: Git;
  /** Name of the check. */
  readonly check: string;
  readonly title: string;
  /** How long it took. */
  readonly seconds: number;
}

/** What all came to. */
export interface CompatReport {
  readonly results: readonly CheckResult[];
  /** How many results there are of each outcome. */
  readonly counts: Readonly<Record<Outcome, number>>;
}

/**
 * Makes the checks, git after git. The scratch folder is gone afterwards, however it ends.
 * @throws RangeError for a name of no check in `only`; GitmidxError `aborted`, or what the file system says.
 */
export async function compareWithGits(subject: CompatSubject, options: CompatOptions): Promise<CompatReport> {
  const { gits, full = false, scratch: where, signal, progress } = options;
  const chosen = chooseChecks(options.only);
  const scratch = new Scratch(where.fs, {
    parent: where.parent,
    original: subject.directories[0]!,
    env: subject.place.env,
  });
  const results: CheckResult[] = [];
  try {
    for (const git of gits) {
      for (const check of chosen) {
        const context: CheckContext = { subject, git, full, scratch, task: { signal, progress } };
        const began = performance.now();
        const verdict = await verdictOf(check, context);
        const seconds = (performance.now() - began) / 1000;
        const result = { ...verdict, git, check: check.name, title: check.title, seconds };
        results.push(result);
        await options.result?.(result);
      }
    }
  } finally {
    await scratch.remove();
  }
  const count = (outcome: Outcome) => results.filter((result) => result.outcome === outcome).length;
  const counts = { same: count("same"), different: count("different"), "not-compared": count("not-compared") };
  return { results, counts };
}

function chooseChecks(only: readonly string[] | undefined): readonly Check[] {
  if (only === undefined || only.length === 0) return checks;
  const names = checks.map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new RangeError(`there is no check '${unknown}': they are ${names.join(", ")}`);
  return checks.filter(({ name }) => only.includes(name));
}

/** Errors that say nothing of how git and we agree: with them nothing can be compared. */
const fatalCodes: readonly ErrorCode[] = [
  "aborted",
  "not-found",
  "exists",
  "permission-denied",
  "no-space",
  "read-only",
  "io",
  "vanished",
  "locked",
];

async function verdictOf(check: Check, context: CheckContext): Promise<Verdict> {
  const { git, full, task } = context;
  if (!git.isAtLeast(check.since)) return notCompared(`needs git ${check.since.join(".")}`);
  if (check.fullOnly === true && !full) return notCompared("made with --full only");
  try {
    return await check.run(context);
  } catch (error) {
    checkAborted(task);
    const comparison = new Comparison();
    if (error instanceof GitFailed) comparison.differ({ what: "git fails", git: error.message });
    else if (error instanceof GitmidxError && !fatalCodes.includes(error.code)) {
      const { path, offset, chunk, message } = error;
      comparison.differ({ what: "gitmidx cannot read a file", path, offset, chunk, ours: message });
    } else throw error;
    return comparison.verdict("ended early");
  }
}
