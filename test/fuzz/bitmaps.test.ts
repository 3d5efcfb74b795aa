// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteSource } from "../../src/bytes/source.js";
import type { BitmapPlace } from "../../src/formats/bitmap/layout.js";
import { bitmapFixtures, openFixture } from "../support/bitmap-fixtures.js";
import { checkTyped } from "../support/exercise.js";
import { useBitmap } from "../support/exercise-bitmap.js";
import { type FuzzSample, type FuzzTarget, fuzz, replay } from "../support/fuzz.js";
import type { Region } from "../support/mutate.js";
import { scale } from "../support/scale.js";
import { everySource } from "../support/sources.js";

interface BitmapSample extends FuzzSample {
  readonly place: BitmapPlace;
}

const samples = bitmapFixtures.map((fixture): BitmapSample => {
  const view = openFixture(fixture);
  const { typesOffset, entriesEnd, pseudoMerges, lookupTable, nameHashes } = view.layout;
  const regions: Region[] = [
    [0, 12],
    [typesOffset, view.entriesOffset],
    ...Array.from(view.entries(), ({ offset, byteLength }): Region => [offset, offset + byteLength]),
    [view.entriesOffset, entriesEnd],
  ];
  for (const section of [pseudoMerges, lookupTable, nameHashes]) {
    if (section !== undefined) regions.push([section.offset, section.offset + section.byteLength]);
  }
  if (pseudoMerges !== undefined) {
    const end = pseudoMerges.offset + pseudoMerges.byteLength;
    regions.push([end - 24, end], [end - 120, end]);
  }
  return { name: fixture.name, bytes: fixture.bytes, regions, place: fixture.place };
});

/** The answers, or the error of opening. */
function outcome(source: ByteSource, place: BitmapPlace): unknown {
  try {
    return useBitmap(source, place);
  } catch (error) {
    const { code, message, offset } = checkTyped(error, source);
    return [code, message, offset];
  }
}

const target: FuzzTarget = {
  name: "bitmap",
  samples,
  check(bytes, sample, number) {
    const place = samples.find(({ name }) => name === sample.name)!.place;
    const sources = everySource(bytes, sample.name);
    const all = (number % 20 === 0 ? sources : sources.slice(0, 1)).map(([, source]) => outcome(source, place));
    for (const one of all) assert.deepEqual(one, all[0]);
  },
};

test("no mutation of a bitmap file gives anything but answers that can be or typed errors", async () => {
  await fuzz(target, scale(1500, 200_000));
});

test("every sound bitmap file passes the checks that mutated ones must pass", async () => {
  for (const sample of samples) await target.check(sample.bytes, sample, 0);
});

test("every crash of a bitmap file that was found once stays mended", async () => {
  await replay(target);
});
