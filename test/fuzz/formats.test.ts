// portable
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fuzz, replay } from "../support/fuzz.js";
import { mutate } from "../support/mutate.js";
import { scale } from "../support/scale.js";
import { makeTempFolder } from "../support/temp.js";
import { directoryTargets, formatTargets } from "./targets.js";

const targets = [...formatTargets, ...directoryTargets];

for (const target of formatTargets) {
  test(`no mutation of ${target.name} gives anything but answers that can be or typed errors`, async () => {
    assert.ok(target.samples.length > 0);
    await fuzz(target, scale(5000, 200_000));
  });
}

test("every sound file passes the checks that mutated ones must pass", async () => {
  for (const target of targets) for (const sample of target.samples) await target.check(sample.bytes, sample, 0);
});

test("every crash that was found once stays mended", async () => {
  let files = 0;
  for (const target of targets) files += await replay(target);
  assert.ok(files > 0);
});

test("a seed gives the same mutation each time, and another seed another", () => {
  const { bytes } = formatTargets[0]!.samples[0]!;
  const before = bytes.slice();
  const texts = new Set<string>();
  for (let seed = 0; seed < 500; seed++) {
    const mutated = mutate(bytes, seed);
    assert.deepEqual(mutate(bytes, seed), mutated);
    texts.add(mutated.steps.join());
  }
  assert.ok(texts.size > 480);
  assert.deepEqual(bytes, before, "the sound file is left alone");
});

test("a check that fails names the seed, and that seed makes it fail at once", async () => {
  const [target] = formatTargets;
  const sample = { name: "none", bytes: Uint8Array.from({ length: 100 }, (_, i) => i) };
  const seen: string[] = [];
  const folder = `${makeTempFolder("crashes")}/`;
  const failing = {
    ...target!,
    name: "self-test",
    samples: [sample],
    check: (bytes: Uint8Array) => {
      seen.push(bytes.join());
      if (bytes.length < 50) throw new Error("too short");
    },
  };
  const error = await fuzz(failing, 1000, folder).then(
    () => undefined,
    (reason: Error) => reason,
  );
  const message = error?.message ?? "";
  assert.match(message, /^self-test on none: too short\nGITMIDX_SEED=\d+ makes it the first case\n/);
  const kept = /kept in (.*\/self-test\.none\.[0-9a-f]{8}\.bin)$/.exec(message)?.[1];
  assert.equal(readFileSync(kept ?? "").join(), seen.at(-1));
  const seed = Number(/GITMIDX_SEED=(\d+)/.exec(message)![1]);
  assert.equal(mutate(sample.bytes, seed).bytes.join(), seen.at(-1));
});
