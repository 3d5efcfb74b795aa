// portable
import { test } from "node:test";
import { env } from "#env";
import { fuzz, replay } from "../support/fuzz.js";
import { scale } from "../support/scale.js";
import { packTargets } from "./pack-targets.js";

/** Of 20,000 cases how many each gets: those are few that take long. */
const shares: Readonly<Record<string, number>> = {
  "index-pack": 9000,
  "verify-pack": 7000,
  "unpack-objects": 2000,
  "read-pack": 2000,
};

for (const target of packTargets) {
  test(`${target.name}: no mutation of a pack gives anything but right objects or typed errors`, async () => {
    // The portable environment is several times as slow, and has the same code to go through but for its own parts.
    await fuzz(target, (shares[target.name]! * scale(1, 20)) / (env.name === "portable" ? 5 : 1));
  });

  test(`${target.name}: sound packs pass the checks that mutated ones must pass, and mended crashes stay mended`, async () => {
    for (const sample of target.samples) {
      for (let number = 0; number < 8; number++) await target.check(sample.bytes, sample, number);
    }
    await replay(target);
  });
}
