/**
 * Deltas that are used again may come from several packs: then a chain of them can be a circle, or longer than is wanted. Where it is,
 * links are cut, at the places at which git cuts them.
 */

import type { PackEntries } from "./entries.js";

const unseen = 0;
const active = 1;
const done = 2;

/**
 * Cuts circles, and chains of more than `maxDepth` deltas, and fills the column `depth`.
 * @returns the rows that are no deltas any more; their types and sizes are to be found out.
 */
export function breakChains(entries: PackEntries, maxDepth: number): number[] {
  const { base, depth, count } = entries;
  const states = new Uint8Array(count);
  const cut: number[] = [];
  const drop = (row: number): void => {
    base[row] = -1;
    depth[row] = 0;
    cut.push(row);
  };
  for (let first = 0; first < count; first++) {
    if (states[first] !== unseen) continue;
    let length = 0;
    for (let row = first; row >= 0; row = base[row]!, length++) {
      if (states[row] === done) {
        length += depth[row]!;
        break;
      }
      if (base[row]! < 0) {
        states[row] = done;
        break;
      }
      states[row] = active;
      if (states[base[row]!] === active) {
        drop(row);
        states[row] = done;
        break;
      }
    }
    for (let row = first; row >= 0 && states[row] !== done; ) {
      const next = base[row]!;
      depth[row] = length-- % (maxDepth + 1);
      if (depth[row] === 0) drop(row);
      states[row] = done;
      row = next;
    }
  }
  return cut;
}
