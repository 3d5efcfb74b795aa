import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gitAtLeast, runGit } from "../support/gits.js";
import { scale } from "../support/scale.js";
import { couldNotTest } from "../support/untested.js";
import { type BitmappedPlan, makeBitmapped, type StreamRun, streamedByGit, streamedByUs } from "./bitmap-packs.js";

const git = gitAtLeast(2, 55);
if (git === undefined) couldNotTest("any question to bitmaps, byte for byte: needs git 2.55 or newer");
else {
  const plans: readonly Omit<BitmappedPlan, "git">[] = [
    { kind: "midx", duplicates: true, outside: "pack", commits: 40, seed: 9 },
    { kind: "pack", outside: "loose", commits: 40, seed: 8 },
    { kind: "midx", format: "sha256", outside: "nothing", commits: 40, seed: 7 },
  ];
  const made = new Map<number, { readonly cwd: string; readonly ids: readonly string[] }>();
  const repository = (number: number) => {
    const known = made.get(number);
    if (known !== undefined) return known;
    const cwd = makeBitmapped({ git, ...plans[number]! });
    const listed = runGit(git, ["rev-list", "--all", "--objects"], { cwd }).stdout.trim().split("\n");
    const one = { cwd, ids: listed.map((line) => line.split(" ")[0]!) };
    made.set(number, one);
    return one;
  };

  test("property: any wanted and unwanted objects give the bytes and counts of git", async () => {
    // Commits are listed first: three questions in four are about those.
    const object = fc.oneof({ arbitrary: fc.nat(60), weight: 3 }, { arbitrary: fc.nat(299), weight: 1 });
    const question = fc.record({
      plan: fc.nat(plans.length - 1),
      wanted: fc.array(object, { minLength: 1, maxLength: 3 }),
      unwanted: fc.array(fc.nat(60), { maxLength: 3 }),
      thin: fc.boolean(),
      deltaBaseOffset: fc.boolean(),
      includeTag: fc.boolean(),
      reuse: fc.constantFrom("single", "multi", "false"),
      boundary: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(question, async ({ plan, wanted, unwanted, reuse, boundary, ...given }) => {
        const { cwd, ids } = repository(plan);
        const idOf = (i: number) => ids[i % ids.length]!;
        const { thin, deltaBaseOffset, includeTag } = given;
        const run: StreamRun = {
          cwd,
          lines: [...wanted.map(idOf), ...unwanted.map((i) => `^${idOf(i)}`)],
          args: [
            ...(thin ? ["--thin"] : []),
            ...(deltaBaseOffset ? ["--delta-base-offset"] : []),
            ...(includeTag ? ["--include-tag"] : []),
          ],
          options: { deltaBaseOffset, includeTag },
          select: { thin },
          config: { "pack.allowPackReuse": reuse, "pack.useBitmapBoundaryTraversal": String(boundary) },
        };
        const theirs = streamedByGit(git, run);
        const ours = await streamedByUs(run);
        assert.equal(ours.totals, theirs.totals);
        assert.ok(Buffer.compare(ours.bytes, theirs.bytes) === 0, "the packs differ");
      }),
      { numRuns: scale(25, 300) },
    );
  });
}
