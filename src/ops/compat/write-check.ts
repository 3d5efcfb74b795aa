/** Checks that have both write, step by step, in two copies with the same packs. */

import type { PackFile } from "../../store/object-directory.js";
import type { Check, CheckContext } from "./check.js";
import { Comparison, counted, notCompared, type Verdict } from "./comparison.js";
import type { Twins } from "./scratch.js";
import { BothWriters, type WriteWish } from "./write-both.js";

/** One write of a check. */
export interface WriteStep {
  /** How reports call it. */
  readonly what: string;
  readonly wish: WriteWish;
  /** Begins without any multi-pack-index; else with what the last step left. */
  readonly afresh?: boolean;
}

/** A check of writing. */
export interface WriteCheckPlan extends Pick<Check, "name" | "title" | "since"> {
  /** Whether each always verifies what the other wrote at last; where everything is compared, they do after every step. */
  readonly verifies?: boolean;
  /** The writes, or why there is nothing to compare. */
  steps(twins: Twins, context: CheckContext): readonly WriteStep[] | string | Promise<readonly WriteStep[] | string>;
}

/** The check that a plan describes. */
export function writeCheck(plan: WriteCheckPlan): Check {
  const { name, title, since } = plan;
  return { name, title, since, run: (context) => runSteps(plan, context) };
}

async function runSteps(plan: WriteCheckPlan, context: CheckContext): Promise<Verdict> {
  const { scratch, full } = context;
  const twins = await scratch.twins();
  const steps = await plan.steps(twins, context);
  if (typeof steps === "string") return notCompared(steps);
  const comparison = new Comparison();
  const writers = new BothWriters(context, twins, comparison);
  let refusals = 0;
  for (const [i, { what, wish, afresh }] of steps.entries()) {
    if (afresh) await scratch.twins();
    const outcome = await writers.write(what, wish);
    if (outcome === "different") break;
    if (outcome === "refused") refusals++;
    else if (full || (plan.verifies === true && i === steps.length - 1)) await writers.verify(what);
  }
  return comparison.verdict(summaryOf(steps, refusals, twins));
}

function summaryOf(steps: readonly WriteStep[], refusals: number, twins: Twins): string {
  const { packs, copies, standIns } = twins;
  const refused = refusals === 0 ? "" : `, ${refusals === steps.length ? "which" : `${refusals} of which`} both refuse`;
  const copied = copies === 0 ? "" : `, ${copies} of them copied with another time`;
  const stood = standIns === 0 ? "" : `, ${standIns} of them by stand-ins with another time`;
  return `${counted(steps.length, "write")}, ${counted(packs.length, "pack")}${copied}${stood}${refused}`;
}

/** The `.idx` names of packs, as `--stdin-packs` takes them. */
export function namesOf(packs: readonly PackFile[]): readonly string[] {
  return packs.map(({ name }) => name);
}

/** The packs split into at most `most` parts of about the same number of packs, none empty. */
export function partsOf(packs: readonly PackFile[], most: number): readonly (readonly PackFile[])[] {
  const count = Math.min(most, packs.length);
  return Array.from({ length: count }, (_, i) =>
    packs.slice(Math.floor((i * packs.length) / count), Math.floor(((i + 1) * packs.length) / count)),
  );
}
