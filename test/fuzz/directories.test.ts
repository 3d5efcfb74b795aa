// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { env } from "#env";
import { fuzz } from "../support/fuzz.js";
import { scale } from "../support/scale.js";
import { directoryTargets } from "./targets.js";

/** Cases for a run of some seconds: what takes longer has fewer, and the portable hashes take longer. */
const counts: Readonly<Record<string, number>> = {
  read: 500,
  verify: 5000,
  "verify-chain": 1000,
  "verify-sealed": 1500,
  write: 1000,
  append: 1000,
};

for (const target of directoryTargets) {
  test(`no damage to one file of a directory disturbs ${target.name}, but is noticed where it must be`, async () => {
    assert.ok(target.samples.length > 0);
    const count = counts[target.name]!;
    await fuzz(target, scale(env.name === "node" ? count : count / 5, 40 * count));
  });
}
