// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemorySource } from "../../../src/bytes/source.js";
import { isGitmidxError } from "../../../src/core/errors.js";
import { oidFromHex, toHex } from "../../../src/core/oid.js";
import type { MidxPosition } from "../../../src/core/positions.js";
import { IdxView } from "../../../src/formats/idx/view.js";
import { openMidx } from "../../../src/formats/midx/view.js";
import { RevView, revHeaderByteLength } from "../../../src/formats/rev.js";
import type { BitOrder } from "../../../src/store/bitmaps/bit-order.js";
import { MidxBitOrder } from "../../../src/store/bitmaps/midx-bit-order.js";
import { PackBitOrder } from "../../../src/store/bitmaps/pack-bit-order.js";
import { MidxStack, openMidxStack, stackLayers } from "../../../src/store/midx-stack.js";
import { ObjectDirectory } from "../../../src/store/object-directory.js";
import { type FixtureName, fixtureNames, memoryDirectory, readFixture } from "../../support/midx-fixtures.js";

async function openStack(name: FixtureName): Promise<MidxStack> {
  const { files, format } = readFixture(name);
  const directory = new ObjectDirectory(memoryDirectory(files, format).fs, "/objects", format);
  const stack = await openMidxStack(directory);
  assert.ok(stack !== undefined);
  return stack;
}

/** An order that is asked so little that it searches, one that has all tables, and one that may have none of ids. */
function waysOf(make: (options: { idTableByteLength?: number }) => BitOrder): readonly BitOrder[] {
  const loaded = make({});
  loaded.load();
  const small = make({ idTableByteLength: 0 });
  small.load();
  return [make({}), loaded, small];
}

/** Checks an order against the ids by bits, and where each object is. */
function checkOrder(
  order: BitOrder,
  objects: readonly { oid: string; position: number; pack: number; offset: number }[],
) {
  assert.equal(order.bitCount, objects.length);
  for (const [bit, { oid, position, pack, offset }] of objects.entries()) {
    assert.equal(toHex(order.oidAt(bit)), oid);
    const id = oidFromHex(oid, order.format);
    assert.equal(order.positionAt(bit), position);
    assert.equal(order.bitAt(position), bit);
    assert.equal(order.positionOf(id), position);
    assert.equal(order.packAt(bit), pack);
    assert.equal(order.offsetAt(bit), offset);
    const inside = new Uint8Array(id.length + 6);
    inside.set(id, 3);
    assert.equal(order.bitOf(inside, 3), bit);
    id[id.length - 1]! ^= 1;
    assert.equal(order.bitOf(id), -1);
  }
}

test("the bits of multi-pack-indexes and chains are what RIDX says, searched for or looked up in tables", async () => {
  let chains = 0;
  for (const name of fixtureNames) {
    const stack = await openStack(name);
    if (!stack.layers.every(({ view }) => view.hasReverseIndex)) continue;
    if (stack.kind === "chain") chains++;
    const objects = stack.layers.flatMap(({ view }) =>
      Array.from({ length: view.count }, (_, i) => {
        const object = stack.objectAt(view.reverseIndexAt(i) as MidxPosition);
        const oid = toHex(stack.idAt(object.position));
        return { oid, position: object.position, pack: object.packId, offset: object.offset };
      }),
    );
    for (const order of waysOf((options) => new MidxBitOrder(stack, options))) {
      assert.equal(order.objectsBelow, stack.tip.objectsBelow);
      checkOrder(order, objects);
    }
  }
  assert.ok(chains > 0);
});

test("without a reverse index a multi-pack-index has no order of bits", async () => {
  let tested = 0;
  for (const name of fixtureNames) {
    const stack = await openStack(name);
    if (stack.layers.every(({ view }) => view.hasReverseIndex)) continue;
    const isRefused = (error: unknown) =>
      isGitmidxError(error, "bad-reverse-index") &&
      error.message === "multi-pack bitmap is missing required reverse index";
    assert.throws(() => new MidxBitOrder(stack), isRefused);
    tested++;
  }
  assert.ok(tested > 0);
});

test("a reverse index that is no permutation is an error, searched or in tables", async () => {
  for (const name of fixtureNames) {
    const { layers, kind } = await openStack(name);
    const { view } = layers.at(-1)!;
    if (!view.hasReverseIndex || view.count < 2) continue;
    for (const value of [0xffff_ffff, view.reverseIndexAt(1)]) {
      const bytes = view.source.copy(0, view.source.size);
      new DataView(bytes.buffer).setUint32(view.reverseIndexOffset, value);
      const damaged = openMidx(new MemorySource("midx", bytes), view.format);
      const views = [...layers.slice(0, -1).map((layer) => layer.view), damaged];
      const order = new MidxBitOrder(new MidxStack(kind, stackLayers(views)));
      assert.throws(
        () => order.load(),
        (error) => isGitmidxError(error, "bad-reverse-index"),
      );
    }
  }
});

test("the bits of a pack are its objects by offset, with a .rev or without", () => {
  for (const name of fixtureNames) {
    const { files, format } = readFixture(name);
    for (const [path, bytes] of files) {
      if (!path.endsWith(".idx")) continue;
      const idx = new IdxView(new MemorySource(path, bytes), format);
      const offsets = idx.offsets();
      const objects = Array.from(offsets, (offset, position) => {
        return { oid: toHex(idx.ids.idAt(position)), position, pack: 0, offset };
      }).sort((a, b) => a.offset - b.offset);
      for (const order of waysOf((options) => new PackBitOrder(idx, undefined, options))) checkOrder(order, objects);
      const revBytes = files.get(path.replace(/idx$/, "rev"));
      if (revBytes === undefined) continue;
      const rev = new RevView(new MemorySource("rev", revBytes), format, idx.count);
      for (const order of waysOf((options) => new PackBitOrder(idx, rev, options))) checkOrder(order, objects);
      const wrong = revBytes.slice();
      wrong.fill(255, revHeaderByteLength, revHeaderByteLength + 4);
      const damaged = new PackBitOrder(idx, new RevView(new MemorySource("rev", wrong), format, idx.count));
      for (const ask of [() => damaged.positionAt(0), () => damaged.load()])
        assert.throws(ask, (error) => isGitmidxError(error, "bad-reverse-index"));
    }
  }
});
