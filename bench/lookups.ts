/** Looking up objects in large chains: bytes read by one look-up, and random look-ups a second within a process. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultCacheByteLength } from "../src/core/limits.js";
import { chainRepository } from "./chains.js";
import type { LookupJob, LookupResult } from "./lookup-process.js";
import { median } from "./measure.js";
import type { Figure } from "./report.js";
import type { Workbench } from "./workbench.js";

const mostBytes = 256 * 1024;
const leastRate = 1_000_000;
/** Look-ups whose reads are counted. */
const samples = 200;

/** A bound of the page cache, in words and bytes; what part of the look-ups is enough for a rate, and the rate that is wanted. */
const caches = [
  { text: "default page cache", byteLength: defaultCacheByteLength, part: 1, target: { least: leastRate } },
  { text: "16 MiB page cache", byteLength: 2 ** 24, part: 1 / 20, target: undefined },
] as const;

function runJob(bench: Workbench, job: LookupJob): LookupResult {
  const program = fileURLToPath(new URL("lookup-process.js", import.meta.url));
  const args = [program, JSON.stringify(job)];
  const contender = {
    label: "look-up",
    program: process.execPath,
    args,
    cwd: job.objectDirectory,
    env: bench.environment(),
  };
  return JSON.parse(bench.run(contender));
}

/** Look-ups in chains of the largest size, for every number of layers. */
export async function measureLookups(bench: Workbench): Promise<Figure[]> {
  const { bases, layers, lookups } = bench.parts.sizes;
  const objects = Math.max(...bases);
  const reads: Figure[] = [];
  const rates: Figure[] = [];
  for (const count of layers) {
    const where = `${objects.toLocaleString("en-US")} objects in ${count} layer${count === 1 ? "" : "s"}`;
    const objectDirectory = join(chainRepository(bench, objects, count), "objects");
    for (const { text, byteLength, part, target } of caches) {
      bench.parts.say(`look-ups, ${where}, ${text}`);
      const counted = byteLength === caches[0].byteLength ? samples : 0;
      const job = { objectDirectory, objects, samples: counted, lookups: lookups * part, cacheByteLength: byteLength };
      const result = runJob(bench, job);
      if (counted > 0) {
        const work = `bytes read to open ${where} and look up one`;
        reads.push({ kind: "figure", work: `${work}, median`, value: median(result.bytesRead), unit: "bytes" });
        const most = result.bytesRead.at(-1)!;
        reads.push({ kind: "figure", work: `${work}, most`, value: most, unit: "bytes", target: { most: mostBytes } });
      }
      const work = `random look-ups, ${where}, ${text}`;
      rates.push({ kind: "figure", work, value: median(result.rates), unit: "a second", target });
      const peak = `peak memory, ${where}, ${text}`;
      rates.push({ kind: "figure", work: peak, value: result.peakByteLength, unit: "bytes" });
    }
  }
  return [...reads, ...rates];
}
