import { test } from "node:test";
import fc from "fast-check";
import { makeRandomHistory, type RandomHistory } from "../ops/walk/random-history.js";
import { scale } from "../support/scale.js";
import { assertSameSelection } from "./pack-objects-select.js";

test("property: any wanted and unwanted commits give the objects that git packs", async () => {
  const made = new Map<number, RandomHistory>();
  const plan = fc.record({
    seed: fc.integer({ min: 100, max: 100 + scale(4, 300) }),
    wanted: fc.array(fc.nat(39), { minLength: 1, maxLength: 3 }),
    unwanted: fc.array(fc.nat(39), { minLength: 1, maxLength: 3 }),
    options: fc.constantFrom([], [], ["--no-sparse"], ["--path-walk"], ["--path-walk", "--no-sparse"]),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ seed, wanted, unwanted, options }) => {
      const history = made.get(seed) ?? makeRandomHistory({ seed, commits: 40 });
      made.set(seed, history);
      const lines = [...wanted.map((i) => history.commits[i]!), ...unwanted.map((i) => `^${history.commits[i]}`)];
      await assertSameSelection(history.path, { args: ["--revs", ...options], input: `${lines.join("\n")}\n` });
    }),
    { numRuns: scale(40, 400) },
  );
});
