// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { env } from "#env";
import { MemorySource } from "../../../src/bytes/source.js";
import { type ObjectFormat, sha1, sha256, toHex } from "../../../src/core/oid.js";
import type { LayerPackId, LayerPosition } from "../../../src/core/positions.js";
import { type MidxContent, MidxEncoder } from "../../../src/formats/midx/encode.js";
import type { MidxEntries, PseudoPack } from "../../../src/formats/midx/entries.js";
import { type MidxView, openMidx } from "../../../src/formats/midx/view.js";
import { fixtureNames, readFixture } from "../../support/midx-fixtures.js";
import { seededRandom } from "../../support/random.js";

/** All blocks of a file, and the checksum that the encoder says it has. */
function encode(content: MidxContent): { bytes: Uint8Array; checksum: Uint8Array } {
  const encoder = new MidxEncoder(content);
  const bytes = new Uint8Array(encoder.byteLength);
  const blocks = encoder.blocks(env.createHasher(content.format));
  let filled = 0;
  for (;;) {
    const next = blocks.next();
    if (next.done) {
      assert.equal(filled, bytes.length);
      return { bytes, checksum: next.value };
    }
    bytes.set(next.value, filled);
    filled += next.value.length;
  }
}

/** What a view says, as the encoder takes it. */
function contentOf(view: MidxView, objectsBelow: number): MidxContent {
  const { count } = view;
  const positions = Array.from({ length: count }, (_, i) => i as LayerPosition);
  const offsets = positions.map((position) => view.offsetAt(position));
  const packs = view.packNames.map((_, packId) => {
    const row = view.bitmappedPackAt(packId as LayerPackId);
    return row === undefined || row.count === 0
      ? { first: 0, count: 0 }
      : { first: row.firstBit - objectsBelow, count: row.count };
  });
  const order = view.hasReverseIndex
    ? Uint32Array.from(positions, (i) => view.reverseIndexAt(i) - objectsBelow)
    : undefined;
  return {
    format: view.format,
    version: view.version === 1 ? 1 : 2,
    packNames: view.packNames,
    objectsBelow,
    pseudoPack: order === undefined ? undefined : { order, packs },
    entries: {
      count,
      idSegments: [view.copyIds(0, Math.floor(count / 2)), view.copyIds(Math.floor(count / 2), count)],
      packIds: Uint32Array.from(positions, (i) => view.packIdAt(i)),
      offsetsLow: Uint32Array.from(offsets, (offset) => offset >>> 0),
      offsetsHigh: Uint32Array.from(offsets, (offset) => Math.floor(offset / 2 ** 32)),
    },
  };
}

test("what git wrote is encoded again byte for byte, layers included", () => {
  let files = 0;
  for (const fixture of fixtureNames.map(readFixture)) {
    let below = 0;
    for (const path of fixture.midxPaths) {
      const bytes = fixture.files.get(path)!;
      const view = openMidx(new MemorySource(path, bytes), fixture.format);
      const encoded = encode(contentOf(view, below));
      assert.deepEqual(encoded.bytes, bytes, `${fixture.name} ${path}`);
      assert.equal(toHex(encoded.checksum), view.checksumHex());
      below += view.count;
      files++;
    }
  }
  assert.equal(files, 8);
});

interface Made {
  readonly content: MidxContent;
  readonly ids: readonly string[];
  readonly offsets: readonly number[];
}

interface Plan {
  readonly seed: number;
  readonly count: number;
  readonly packs: number;
  readonly format: ObjectFormat;
  readonly version: 1 | 2;
  readonly widest: number;
  readonly withOrder: boolean;
  readonly objectsBelow: number;
}

function make(plan: Plan): Made {
  const { count, format } = plan;
  const random = seededRandom(plan.seed);
  const byteOf = () => random() & 255;
  const ids = [
    ...new Set(Array.from({ length: count }, () => toHex(Uint8Array.from({ length: format.byteLength }, byteOf)))),
  ].sort();
  const offsets = ids.map(() => Math.floor(((random() & 0x1f_ffff) * 2 ** 32 + random()) / 2 ** (53 - plan.widest)));
  const packIds = Uint32Array.from(ids, () => random() % plan.packs);
  const segments: Uint8Array[] = [];
  for (let at = 0; at < ids.length; ) {
    const size = 1 + (random() % ids.length);
    segments.push(Uint8Array.from(Buffer.from(ids.slice(at, at + size).join(""), "hex")));
    at += size;
  }
  const entries: MidxEntries = {
    count,
    idSegments: segments,
    packIds,
    offsetsLow: Uint32Array.from(offsets, (offset) => offset >>> 0),
    offsetsHigh: plan.widest > 32 ? Uint32Array.from(offsets, (offset) => Math.floor(offset / 2 ** 32)) : undefined,
  };
  const packNames = Array.from({ length: plan.packs }, (_, i) => `pack-${String(i).padStart(5, "0")}.idx`);
  const pseudoPack: PseudoPack = {
    order: Uint32Array.from(ids.keys()).reverse(),
    packs: packNames.map((_, i) => ({ first: i, count: i % 3 })),
  };
  const { version, objectsBelow } = plan;
  const content = {
    format,
    version,
    packNames,
    entries,
    pseudoPack: plan.withOrder ? pseudoPack : undefined,
    objectsBelow,
  };
  return { content, ids, offsets };
}

const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.integer(),
  count: fc.oneof(fc.nat(3), fc.nat(500)),
  packs: fc.integer({ min: 1, max: 300 }),
  format: fc.constantFrom(sha1, sha256),
  version: fc.constantFrom<1 | 2>(1, 2),
  widest: fc.constantFrom(7, 31, 32, 33, 53),
  withOrder: fc.boolean(),
  objectsBelow: fc.constantFrom(0, 1, 0xffff_0000),
});

test("whatever is encoded is read back as it was", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const { content, ids, offsets } = make(plan);
      const { bytes, checksum } = encode(content);
      const view = openMidx(new MemorySource("f", bytes), plan.format);
      assert.deepEqual(view.layout.problems, []);
      assert.deepEqual(view.packNames, content.packNames);
      assert.equal(view.version, plan.version);
      assert.equal(view.count, ids.length);
      for (const [i, id] of ids.entries()) {
        const position = i as LayerPosition;
        assert.equal(toHex(view.ids.idAt(i)), id);
        assert.equal(view.find(view.ids.idAt(i)), i);
        assert.equal(view.offsetAt(position), offsets[i]);
        assert.equal(view.packIdAt(position), content.entries.packIds[i]);
        if (plan.withOrder) assert.equal(view.reverseIndexAt(i), plan.objectsBelow + content.pseudoPack!.order[i]!);
      }
      assert.equal(view.hasReverseIndex, plan.withOrder);
      for (const [packId, { first, count }] of content.pseudoPack?.packs.entries() ?? []) {
        const row = { firstBit: count === 0 ? 0 : plan.objectsBelow + first, count };
        assert.deepEqual(view.bitmappedPackAt(packId as LayerPackId), row);
      }
      const needed = offsets.some((offset) => offset > 0xffff_ffff);
      const large = offsets.filter((offset) => offset >= 0x8000_0000).length;
      assert.equal(view.largeOffsetCount, needed ? large : -1);
      const hasher = env.createHasher(plan.format);
      hasher.update(bytes.subarray(0, bytes.length - plan.format.byteLength));
      assert.deepEqual(hasher.digest(), checksum);
      assert.deepEqual(view.checksum(), checksum);
    }),
    { numRuns: 100 },
  );
});

test("columns that do not fit together are noticed before the file is whole", () => {
  const { content } = make({
    seed: 1,
    count: 10,
    packs: 2,
    format: sha1,
    version: 1,
    widest: 31,
    withOrder: false,
    objectsBelow: 0,
  });
  const short = { ...content, entries: { ...content.entries, idSegments: [new Uint8Array(9 * 20)] } };
  assert.throws(() => encode(short), /^Error: BUG: \d+ bytes encoded of \d+ planned$/);
});
