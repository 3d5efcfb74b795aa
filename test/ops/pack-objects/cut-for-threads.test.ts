// portable
/** How the search for deltas is divided among threads. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { blobCode } from "../../../src/core/object-type.js";
import { objectFormatByName } from "../../../src/core/oid.js";
import { cutForThreads, type SearchPlan } from "../../../src/ops/pack-objects/delta-search/search-deltas.js";
import { PackEntries } from "../../../src/ops/pack-objects/entries.js";
import { PackingList } from "../../../src/ops/pack-objects/packing-list.js";

/** As many objects as there are sizes, `perPath` of them under each path. */
function entriesOf(sizes: readonly number[], perPath: number): PackEntries {
  const list = new PackingList(objectFormatByName("sha1")!);
  const id = new Uint8Array(20);
  for (const i of sizes.keys()) {
    new DataView(id.buffer).setUint32(0, i);
    list.add(id, blobCode, 1 + Math.floor(i / perPath), 0);
  }
  const entries = new PackEntries(list);
  entries.size.set(sizes);
  return entries;
}

function planFor(threads: number): SearchPlan {
  const search = {
    window: 10,
    windowMemory: 0,
    depth: 50,
    reuseDelta: true,
    cacheSize: 0,
    cacheLimit: 0,
    idByteLength: 20,
  };
  const objects = { directories: [], format: "sha1", useMidx: true, deltaBaseCacheLimit: undefined } as const;
  return {
    search,
    deflate: { mode: "fast", level: -1 },
    threads,
    workers: { url: "", objects },
    warn: () => undefined,
  };
}

test("pieces are the whole list in order, none is short, and the last ones are small", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 16 }),
      fc.integer({ min: 1, max: 3000 }),
      fc.array(fc.nat(100_000), { minLength: 1000, maxLength: 3000 }),
      (threads, perPath, sizes) => {
        const entries = entriesOf(sizes, perPath);
        const rows = Uint32Array.from(sizes.keys());
        const pieces = cutForThreads(entries, rows, planFor(threads));
        assert.deepEqual(
          pieces.flatMap((piece) => [...piece]),
          [...rows],
        );
        for (const piece of pieces) assert.ok(piece.length >= 22);
        const costOf = (piece: Uint32Array) => piece.reduce((sum, row) => sum + sizes[row]! + 512, 0);
        const total = costOf(rows);
        for (const piece of pieces) assert.ok(costOf(piece) <= total / threads + 60 * 100_512);
      },
    ),
    { numRuns: 25 },
  );
});

test("pieces end where paths do", () => {
  const entries = entriesOf(
    Array.from({ length: 5000 }, () => 1000),
    7,
  );
  const pieces = cutForThreads(
    entries,
    Uint32Array.from({ length: 5000 }, (_, i) => i),
    planFor(2),
  );
  assert.ok(pieces.length > 5);
  for (const piece of pieces) assert.equal(piece[0]! % 7, 0);
});

test("a list that is short, or for one thread, stays whole", () => {
  const entries = entriesOf(
    Array.from({ length: 999 }, () => 1000),
    1,
  );
  const rows = Uint32Array.from({ length: 999 }, (_, i) => i);
  assert.deepEqual(cutForThreads(entries, rows, planFor(2)), [rows]);
  assert.deepEqual(cutForThreads(entries, rows, planFor(1)), [rows]);
});
