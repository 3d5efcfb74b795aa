/**
 * Has git read objects and tell, by GIT_TRACE_PACK_ACCESS, from which pack and offset: the one way to see what it finds in a
 * multi-pack-index.
 */

import { toHex } from "../../core/oid.js";
import type { MidxPosition } from "../../core/positions.js";
import { Step } from "../../core/task.js";
import type { MidxObject } from "../../store/midx-stack.js";
import type { PackFs } from "../../store/pack-fs.js";
import { ByteLines } from "./byte-lines.js";
import type { CheckContext } from "./check.js";
import type { Comparison } from "./comparison.js";
import type { GitPlace } from "./git.js";
import type { SubjectStacks } from "./subject-stacks.js";

/** Objects to look up where not all are. */
const sampleSize = 1000;
/** Objects to have one git read. */
const batchSize = 50_000;

/** An object, and where we find it. */
interface Expected {
  readonly oid: string;
  readonly object: MidxObject;
  /** Whether git has told where it read it. */
  told: boolean;
}

/**
 * Compares evenly spread objects of the multi-pack-indexes, or all of them.
 * @param place a repository whose multi-pack-indexes are `stacks`.
 * @returns what was compared, as a phrase.
 */
export async function compareLookups(
  stacks: SubjectStacks,
  place: GitPlace,
  context: CheckContext,
  comparison: Comparison,
): Promise<string> {
  const { git, task, full } = context;
  const total = stacks.objectCount;
  const wanted = full ? total : Math.min(sampleSize, total);
  const lookups = new TracedLookups(context, place, comparison);
  const step = new Step(task, `Comparing lookups with git ${git.versionText}`, wanted);
  for (let first = 0; first < wanted; first += batchSize) {
    const count = Math.min(batchSize, wanted - first);
    const expected = Array.from({ length: count }, (_, i) =>
      expectedAt(stacks, Math.floor(((first + i) * total) / wanted)),
    );
    await lookups.compare(expected.filter((found) => found !== undefined));
    await step.tick(count);
  }
  step.finish();
  const silent = lookups.silent === 0 ? "" : `, ${lookups.silent} of which git read without telling where`;
  return `${wanted} of ${total} objects${silent}`;
}

/** The object at a position through all directories; undefined behind the last. */
function expectedAt(stacks: SubjectStacks, position: number): Expected | undefined {
  let below = 0;
  for (const { stack } of stacks.entries) {
    if (stack === undefined) continue;
    if (position < below + stack.objectCount) {
      const oid = stack.idAt((position - below) as MidxPosition);
      return { oid: toHex(oid), object: stacks.find(oid)!, told: false };
    }
    below += stack.objectCount;
  }
  return undefined;
}

class TracedLookups {
  readonly #context: CheckContext;
  readonly #place: GitPlace;
  readonly #comparison: Comparison;
  /** Objects that git has, but of which it did not tell where it read them: large ones, and bases of deltas that it has at hand. */
  silent = 0;

  constructor(context: CheckContext, place: GitPlace, comparison: Comparison) {
    this.#context = context;
    this.#place = place;
    this.#comparison = comparison;
  }

  async compare(expected: readonly Expected[]): Promise<void> {
    await this.#read(expected, []);
    // Bases of deltas that git had at hand already, it reads if it keeps none.
    const untold = expected.filter(({ told }) => !told);
    if (untold.length > 0) await this.#read(untold, ["-c", "core.deltaBaseCacheLimit=0"]);
    const silent = expected.filter(({ told }) => !told);
    if (silent.length > 0) await this.#reportMissing(silent);
  }

  /** Has git read the objects and takes note of where it did. */
  async #read(expected: readonly Expected[], settings: readonly string[]): Promise<void> {
    const { git, scratch, task } = this.#context;
    const trace = await scratch.inside("trace");
    const args = [...settings, "cat-file", "--batch", "--buffer"];
    const env = { GIT_TRACE_PACK_ACCESS: trace };
    await git.run(this.#place, { args, input: [idLines(expected)], env, discard: true }, task);
    if ((await scratch.fs.stat(trace)) === undefined) return;
    const byPlace = new Map(expected.map((found, i) => [placeKey(found.object.packName, found.object.offset), i]));
    const lines = traceLines(scratch.fs, trace);
    let last = -1;
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      const read = /([^/]+)\.pack (\d+)$/.exec(new TextDecoder().decode(line));
      if (read === null) continue;
      const index = byPlace.get(placeKey(`${read[1]}.idx`, Number(read[2])));
      last = index ?? last + 1;
      const found = expected[last];
      if (found === undefined || found.told) continue;
      found.told = true;
      if (index === undefined) this.#differ(found, `offset ${read[2]} of ${read[1]}.idx`);
    }
    await scratch.fs.removeTree(trace);
  }

  async #reportMissing(silent: readonly Expected[]): Promise<void> {
    const { git, task } = this.#context;
    const lines = git.lines(this.#place, { args: ["cat-file", "--batch-check"], input: [idLines(silent)] }, task);
    try {
      for (const found of silent) {
        const line = await lines.next();
        const said = line === undefined ? "no answer" : new TextDecoder().decode(line);
        if (/^[0-9a-f]+ [a-z]+ \d+$/.test(said)) this.silent++;
        else this.#differ(found, said);
      }
    } finally {
      await lines.close();
    }
  }

  #differ({ oid, object }: Expected, git: string): void {
    this.#comparison.differ({
      what: "git reads the object from another place",
      path: object.layer.path,
      chunk: "OOFF",
      object: oid,
      ours: `offset ${object.offset} of ${object.packName}`,
      git,
    });
  }
}

function idLines(expected: readonly Expected[]): Uint8Array {
  return new TextEncoder().encode(expected.map(({ oid }) => `${oid}\n`).join(""));
}

function placeKey(packName: string, offset: number): string {
  return `${packName} ${offset}`;
}

/** The lines of a file. */
function traceLines(fs: PackFs, path: string): ByteLines {
  async function* windows(): AsyncGenerator<Uint8Array, void, undefined> {
    const source = await fs.openSource(path);
    try {
      for (const window of source.windows(0, source.size)) yield window.slice();
    } finally {
      source.close();
    }
  }
  return new ByteLines(
    windows(),
    async () => undefined,
    () => undefined,
  );
}
