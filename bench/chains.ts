/** Chains of layers for the benchmarks, and `write --split` of one new pack onto them. */

import { isAtLeast } from "../test/support/gits.js";
import { type Contender, race } from "./measure.js";
import type { Comparison } from "./report.js";
import { chainLayers, packNames, resetChain, sharePack, type Workbench } from "./workbench.js";

/** Layers of the chains that are appended to. */
const appendLayers = 5;

function number(value: number): string {
  return value.toLocaleString("en-US");
}

/** The packs of the largest base; those of the smaller ones are the oldest of them. */
function basePacks(bench: Workbench): string {
  const { bases, basePack } = bench.parts.sizes;
  const packs = Math.max(...bases) / basePack;
  return bench.madeUp(`base-${packs}-${basePack}`, { packs, objectsPerPack: basePack, duplicates: 0, firstObject: 0 });
}

/** Turns the repository's packs into a chain with as many layers of equal size. */
function growChain(bench: Workbench, repository: string, layers: number): void {
  const names = packNames(repository);
  for (let layer = 1; layer <= layers; layer++) {
    const upTo = Math.ceil((names.length * layer) / layers);
    const input = names
      .slice(0, upTo)
      .map((name) => `${name}\n`)
      .join("");
    bench.run(bench.gitmidx(["write", "--split", "--stdin-packs"], repository), input);
  }
}

/** A repository whose `objects` objects are in a chain of `layers` layers. */
export function chainRepository(bench: Workbench, objects: number, layers: number): string {
  const packs = objects / bench.parts.sizes.basePack;
  return bench.sharing(`chain-${objects}-${layers}`, basePacks(bench), packs, (path) => growChain(bench, path, layers));
}

/** The same with one more pack, which is in no layer. */
function withNewPack(bench: Workbench, objects: number, newObjects: number): string {
  const packs = objects / bench.parts.sizes.basePack;
  return bench.sharing(`append-${objects}-${newObjects}`, basePacks(bench), packs, (path) => {
    growChain(bench, path, appendLayers);
    const firstObject = Math.max(...bench.parts.sizes.bases);
    const spec = { packs: 1, objectsPerPack: newObjects, duplicates: 0, firstObject };
    const newPack = bench.madeUp(`new-${firstObject}-${newObjects}`, spec);
    for (const name of packNames(newPack)) sharePack(newPack, path, name);
  });
}

/** `write --split` of a new pack: its cost is to follow the pack and not what it is put upon. */
export async function measureAppend(bench: Workbench): Promise<Comparison[]> {
  const measures: Comparison[] = [];
  for (const newObjects of bench.parts.sizes.newPacks) {
    for (const objects of bench.parts.sizes.bases) {
      const repository = withNewPack(bench, objects, newObjects);
      const layers = chainLayers(repository).slice(0, appendLayers);
      const both = {
        prepare: () => resetChain(repository, layers),
        outcome: () => chainLayers(repository).join(" "),
      };
      const work = `write --split, ${number(newObjects)} new objects onto ${number(objects)} in ${appendLayers} layers`;
      bench.parts.say(work);
      const contenders: Contender[] = [{ ...bench.gitmidx(["write", "--split"], repository), ...both }];
      if (isAtLeast(bench.parts.git, 2, 47)) {
        contenders.push({ ...bench.git(["multi-pack-index", "write", "--incremental"], repository), ...both });
      }
      measures.push({ kind: "comparison", work, timings: await race(contenders, bench.parts.runs) });
    }
  }
  return measures;
}
