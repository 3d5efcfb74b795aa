// portable
/** Packs of more than 4 GiB, without any: what lies far behind is read from a source that makes it up. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteSource } from "../../../src/bytes/source.js";
import { sha1, toHex } from "../../../src/core/oid.js";
import { Step } from "../../../src/core/task.js";
import { buildDeltaGraph } from "../../../src/ops/index-pack/delta-graph.js";
import { EntryReader } from "../../../src/ops/index-pack/entry-reader.js";
import { EntryTable } from "../../../src/ops/index-pack/entry-table.js";
import { FirstPass } from "../../../src/ops/index-pack/first-pass.js";
import { PackInput, sourceFeed } from "../../../src/ops/index-pack/pack-input.js";
import { DeltaResolver } from "../../../src/ops/index-pack/resolve-deltas.js";
import { idxContentOf, sortById } from "../../../src/ops/index-pack/sort-entries.js";
import { appendDelta, objectId, RawPack } from "../../support/raw-pack.js";

/** Zeros, with some bytes far behind. */
class FarSource extends ByteSource {
  readonly #at: number;
  readonly #far: Uint8Array;

  constructor(at: number, far: Uint8Array) {
    super("far.pack", at + far.length, new Uint8Array(0));
    this.#at = at;
    this.#far = far;
  }

  override locate(offset: number, length: number): number {
    this.bytes = this.copy(offset, length);
    return 0;
  }

  override readInto(offset: number, target: Uint8Array): void {
    for (let i = 0; i < target.length; i++) target[i] = this.#far[offset + i - this.#at] ?? 0;
  }
}

test("entries beyond 4 GiB, and deltas between them, have their offsets and ids", async () => {
  const start = 6 * 2 ** 30 + 5;
  const pack = new RawPack();
  const base = pack.add("blob", "base ".repeat(20));
  const delta = pack.addOfsDelta(base, appendDelta(100, "one"));
  const second = pack.addRefDelta(objectId("blob", "base ".repeat(20)), appendDelta(100, "two"));
  const entries = pack.finish().subarray(12);
  const source = new FarSource(start, entries);
  const table = new EntryTable(sha1, 1, "own");
  const input = new PackInput(sourceFeed(source, start, source.size), () => undefined, start);
  const options = { detectCollisions: true, bigFileThreshold: 2 ** 29 };
  await new FirstPass(input, table, options).run(new Step({}, ""), (_, rows) => rows < 3);
  const graph = buildDeltaGraph(table, "own");
  const reader = new EntryReader(source, table.columns);
  const resolver = new DeltaResolver(table.columns, graph, reader, { ...options, format: sha1, baseCacheLimit: 0 });
  resolver.resolve(0);
  resolver.finish();
  const { ids, offsets } = idxContentOf(table, sortById(table), new Uint8Array(20));
  const found = Array.from(offsets, (offset, i) => `${offset} ${toHex(ids, 20 * i, 20)}`);
  const wanted = [
    [base, ""],
    [delta, "one"],
    [second, "two"],
  ].map(([at, end]) => `${start - 12 + Number(at)} ${objectId("blob", `${"base ".repeat(20)}${end}`).toString("hex")}`);
  assert.deepEqual(found.sort(), wanted.sort());
});
