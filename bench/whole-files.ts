/** Work on a whole multi-pack-index: `write` from nothing and `verify`. */

import type { PackSpec } from "./make-packs.js";
import { type Contender, race } from "./measure.js";
import type { Comparison } from "./report.js";
import { removeSingle, singleChecksum, type Workbench } from "./workbench.js";

const writeTarget = 0.7;
const verifyTarget = 0.5;

function sizeText({ packs, objectsPerPack, duplicates }: PackSpec): string {
  const number = (value: number) => value.toLocaleString("en-US");
  return `${number(packs)} packs × ${number(objectsPerPack)} objects, ${100 * duplicates} % in two packs`;
}

function madeUp(bench: Workbench, spec: PackSpec): string {
  return bench.madeUp(`packs-${spec.packs}-${spec.objectsPerPack}`, spec);
}

/** The contenders of `write`, from nothing. */
function writers(bench: Workbench, repository: string, fsync: boolean): readonly Contender[] {
  const both = {
    env: bench.environment(fsync),
    prepare: () => removeSingle(repository),
    outcome: () => singleChecksum(repository),
  };
  return [
    { ...bench.gitmidx(["write"], repository), ...both },
    { ...bench.git(["multi-pack-index", "write"], repository), ...both },
  ];
}

/** `write` from nothing; once more with fsync, which measures the disk as well. */
export async function measureWrite(bench: Workbench): Promise<Comparison[]> {
  const measures: Comparison[] = [];
  for (const [i, spec] of bench.parts.sizes.whole.entries()) {
    const repository = madeUp(bench, spec);
    const work = `write, ${sizeText(spec)}`;
    bench.parts.say(work);
    const timings = await race(writers(bench, repository, false), bench.parts.runs);
    measures.push({ kind: "comparison", work, timings, target: writeTarget });
    if (i > 0) continue;
    const synced = await race(writers(bench, repository, true), bench.parts.runs);
    measures.push({ kind: "comparison", work: `the same with fsync`, timings: synced });
  }
  return measures;
}

/** `verify` of what `write` made. */
export async function measureVerify(bench: Workbench): Promise<Comparison[]> {
  const measures: Comparison[] = [];
  for (const spec of bench.parts.sizes.whole) {
    const repository = madeUp(bench, spec);
    const work = `verify, ${sizeText(spec)}`;
    bench.parts.say(work);
    removeSingle(repository);
    bench.run(bench.git(["multi-pack-index", "write"], repository));
    const contenders = [bench.gitmidx(["verify"], repository), bench.git(["multi-pack-index", "verify"], repository)];
    const timings = await race(contenders, bench.parts.slowRuns);
    measures.push({ kind: "comparison", work, timings, target: verifyTarget });
  }
  return measures;
}
