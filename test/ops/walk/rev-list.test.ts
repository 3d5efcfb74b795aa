import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newestGit, runGit } from "../../support/gits.js";
import { scale } from "../../support/scale.js";
import { makeRandomHistory, type RandomHistory } from "./random-history.js";
import { walked } from "./walked.js";

async function assertSame(history: RandomHistory, args: readonly string[]): Promise<void> {
  const { path } = history;
  const expected = runGit(newestGit(), ["rev-list", "--objects", ...args], { cwd: path }).stdout;
  assert.equal(await walked(path, args), expected, args.join(" "));
}

const histories = [1, 2, 3].map((seed) => makeRandomHistory({ seed, commits: 60 }));

test("everything that refs reach comes in git's order", async () => {
  for (const history of histories) await assertSame(history, ["--all"]);
  await assertSame(makeRandomHistory({ seed: 4, commits: 40, format: "sha256" }), ["--all"]);
});

test("ranges come in git's order, whatever the dates of commits are", async () => {
  for (const history of histories.slice(0, scale(2, 3))) {
    for (const args of [
      ["b0..main"],
      ["b0...b1"],
      ["main^@", "^b1^@"],
      ["main^!"],
      ["main~1^-"],
      ["--all", "--not", "b1", "b2"],
      ["of-tag", "^t0"],
      ["of-blob", "main:", "^b2^{tree}"],
      ["--objects-edge", "main", "^b0", "^b1"],
      ["--objects-edge-aggressive", "main", "b2", "^b0", "^b1"],
    ]) {
      await assertSame(history, args);
    }
  }
});

test("filters take what git's take", async () => {
  for (const history of histories.slice(0, scale(1, 3))) {
    for (const filter of [
      "blob:none",
      "blob:limit=0",
      "blob:limit=60",
      "blob:limit=1k",
      "tree:0",
      "tree:1",
      "tree:2",
      "tree:3",
      "object:type=commit",
      "object:type=tree",
      "object:type=blob",
      "object:type=tag",
      "combine:tree:2+blob:limit=60",
      "combine:blob:none+tree:1+object:type=tree",
    ]) {
      await assertSame(history, ["--all", `--filter=${filter}`]);
      await assertSame(history, [`--filter=${filter}`, "main", "^b1", "main^{tree}", "of-blob"]);
    }
  }
});

test("property: any wanted and unwanted commits give what git gives, in its order", async () => {
  const plan = fc.record({
    seed: fc.integer({ min: 10, max: 10 + scale(3, 200) }),
    wanted: fc.array(fc.nat(39), { minLength: 1, maxLength: 4 }),
    unwanted: fc.array(fc.nat(39), { maxLength: 4 }),
  });
  const made = new Map<number, RandomHistory>();
  await fc.assert(
    fc.asyncProperty(plan, async ({ seed, wanted, unwanted }) => {
      const history = made.get(seed) ?? makeRandomHistory({ seed, commits: 40 });
      made.set(seed, history);
      const { commits } = history;
      await assertSame(history, [...wanted.map((i) => commits[i]!), ...unwanted.map((i) => `^${commits[i]}`)]);
    }),
    { numRuns: scale(40, 2000) },
  );
});
