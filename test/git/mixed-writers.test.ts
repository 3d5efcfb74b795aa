/** Git and we in turn on one repository: whoever writes next, the files are those of git writing alone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forEachGit, type GitBinary, runGit } from "../support/gits.js";
import { type MadeRepository, makeRepository } from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import { assertSameState, gitWrites, midxFileNames, shuffledRanks, Twins, type Wish, weTell } from "./twins.js";

const count = 20;
const made = makeRepository({
  packs: count,
  objects: 10,
  duplicates: 0.6,
  copies: 3,
  mtimeRanks: shuffledRanks(count),
});

/** One step: a pack comes in, and somebody writes. */
interface MixedStep {
  readonly writer: "git" | "we";
  readonly kind: "layer" | "single";
  readonly preferNew: boolean;
  readonly named: boolean;
}

function stepOf(layers: number): fc.Arbitrary<MixedStep> {
  return fc.record({
    writer: fc.constantFrom("git" as const, "we" as const),
    kind: fc.oneof(
      { weight: layers, arbitrary: fc.constant("layer" as const) },
      { weight: 1, arbitrary: fc.constant("single" as const) },
    ),
    preferNew: fc.boolean(),
    named: fc.boolean(),
  });
}

async function runSteps(git: GitBinary, steps: readonly MixedStep[]): Promise<void> {
  const twins = new Twins(git, made);
  const mixed = twins.ours;
  const bringBack = twins.withhold(0);
  for (const [i, { writer, kind, preferNew, named }] of steps.entries()) {
    bringBack(1);
    const wish: Wish = {
      incremental: kind === "layer",
      ...(preferNew ? { preferredPack: `${made.packs[i]!.name}.idx` } : {}),
      ...(named ? { stdinPacks: made.packs.slice(0, i + 1).map(({ name }) => `${name}.idx`) } : {}),
    };
    const theirs = gitWrites(git, twins.theirs, wish);
    const written = writer === "git" ? gitWrites(git, mixed, wish) : await weTell(mixed, wish);
    assert.deepEqual(written, theirs, `step ${i}`);
    assertSameState(mixed, twins.theirs, `step ${i}`);
  }
  assertReadable(git, mixed);
}

function assertReadable(git: GitBinary, repository: MadeRepository): void {
  runGit(git, ["multi-pack-index", "verify"], { cwd: repository.path });
  const read = ["cat-file", "--batch-all-objects", "--batch-check"];
  const listed = runGit(git, read, { cwd: repository.path }).stdout;
  assert.equal(listed, runGit(git, ["-c", "core.multiPackIndex=false", ...read], { cwd: repository.path }).stdout);
}

forEachGit(2, 47, "git and gitmidx in turn", (git) => {
  test(`${count} layers by ${git.label} and us in random order are the chain of git alone`, async () => {
    const steps = fc.array(stepOf(1), { minLength: count, maxLength: count });
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const layers = all.map((step) => ({ ...step, kind: "layer" as const }));
        await runSteps(git, layers);
      }),
      { numRuns: scale(2, 40) },
    );
  });

  test(`layers and single files by ${git.label} and us in random order are those of git alone`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepOf(3), { minLength: 6, maxLength: count }), (all) => runSteps(git, all)),
      { numRuns: scale(3, 60) },
    );
  });

  test(`turn by turn we and ${git.label} make a chain of ${count} layers`, async () => {
    const twins = new Twins(git, made);
    const bringBack = twins.withhold(0);
    for (let i = 0; i < count; i++) {
      bringBack(1);
      const wish = { incremental: true };
      // Each begins one of the two chains.
      const [first, second] = i % 2 === 0 ? [twins.ours, twins.theirs] : [twins.theirs, twins.ours];
      assert.equal((await weTell(first, wish)).status, 0);
      assert.equal(gitWrites(git, second, wish).status, 0);
      assertSameState(twins.ours, twins.theirs, `layer ${i}`);
    }
    assert.equal(midxFileNames(twins.ours).length, count + 2);
    assertReadable(git, twins.ours);
  });
});
