// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { env } from "#env";
import { type ByteSource, MemorySource, withRanges } from "../../../src/bytes/source.js";
import { sha1 } from "../../../src/core/oid.js";
import { EntryHeader, writeEntryHeader } from "../../../src/formats/pack/entry-header.js";
import { EntryInflater, EntryPieces } from "../../../src/formats/pack/inflate-entry.js";
import { PackView } from "../../../src/formats/pack/view.js";
import { PackWindows } from "../../../src/formats/pack/windows.js";
import { seededRandom } from "../../support/random.js";
import { RawPack } from "../../support/raw-pack.js";
import { everySource, fetchedSource, smallCache } from "../../support/sources.js";

const random = seededRandom(77);

/** Content that deflate makes a good deal of, or nothing. */
function content(length: number, noise: boolean): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (noise ? random() : (i >> 6) * 3) & 255);
}

/** A pack with entries of all sizes: some of several windows, most of a few bytes. */
const contents = [
  ...Array.from({ length: 300 }, (_, i) => content(i * 3, i % 3 === 0)),
  content(200_000, true),
  content(3_000_000, false),
  content(1_200_000, true),
  ...Array.from({ length: 40 }, (_, i) => content(i * 700, true)),
];
const raw = new RawPack();
const offsets = contents.map((bytes) => raw.add("blob", bytes));
const bytes = Uint8Array.from(raw.finish());
const checksum = bytes.slice(-20);

function open(source: ByteSource, windows?: PackWindows): PackView {
  return new PackView(source, sha1, { count: contents.length, checksum }, windows);
}

test("every entry is found and inflated, in any order, from every kind of source", () => {
  for (const [kind, source] of everySource(bytes, "x.pack")) {
    const view = open(source, new PackWindows(0));
    const inflater = new EntryInflater(env);
    const header = new EntryHeader();
    const order = offsets.map((_, i) => i).sort(() => (random() & 1) - 0.5);
    for (const i of order) {
      const wanted = contents[i]!;
      view.headerAt(offsets[i]!, header);
      assert.deepEqual([header.type, header.size], [3, wanted.length], kind);
      const at = offsets[i]! + header.byteLength;
      const found = inflater.inflateBriefly(view, at, wanted.length).subarray(0, wanted.length);
      assert.ok(Buffer.compare(found, wanted) === 0, `${kind} ${i}`);
      assert.equal(inflater.streamEnd, offsets[i + 1] ?? view.entriesEnd);
      const start = new Uint8Array(10);
      const length = inflater.inflateStart(view, at, wanted.length, start);
      assert.deepEqual(start.subarray(0, length), wanted.subarray(0, 10));
    }
  }
});

test("pieces put together are the content, and packs that share few windows do not disturb each other", async () => {
  const windows = new PackWindows(0);
  const fetched = fetchedSource(bytes, smallCache(), [], "a.pack");
  const views = [
    await withRanges(() => open(fetched, windows)),
    open(everySource(bytes, "b.pack")[1]![1], windows),
    open(new MemorySource("c.pack", bytes), windows),
  ];
  for (const i of [0, 1, 299, 300, 301, 302, 303]) {
    const parts = views.map(() => [] as Uint8Array[]);
    const header = new EntryHeader();
    const pieces = [];
    for (const view of views) {
      await withRanges(() => view.headerAt(offsets[i]!, header));
      pieces.push(new EntryPieces(env, view, offsets[i]! + header.byteLength, contents[i]!.length));
    }
    for (let ended = 0; ended < views.length; ) {
      ended = 0;
      for (const [j, entry] of pieces.entries()) {
        const piece = await withRanges(() => entry.next());
        if (piece === undefined) ended++;
        else parts[j]!.push(piece.slice());
      }
    }
    for (const part of parts) assert.ok(Buffer.compare(Buffer.concat(part), contents[i]!) === 0, `${i}`);
  }
});

test("there are no entries in the header and the trailer", () => {
  const view = open(new MemorySource("x.pack", bytes));
  for (const offset of [0, 11, view.entriesEnd, bytes.length, bytes.length + 5, -1, Number.NaN]) {
    assert.throws(() => view.headerAt(offset, new EntryHeader()), { code: "bad-offset" }, `${offset}`);
  }
});

test("a stream that ends early, late or in the trailer is refused, whole and in pieces", () => {
  const stream = deflateSync(content(5_000, true));
  const cases: [size: number, stream: Uint8Array, problem: RegExp][] = [
    [4_999, stream, /has another size than its header says/],
    [5_001, stream, /has another size than its header says/],
    [5_000, stream.subarray(0, -3), /does not end before the pack does|is damaged|goes on into the pack's trailer/],
    [5_000, stream.subarray(0, 100), /does not end before the pack does|is damaged|goes on into the pack's trailer/],
    [2 ** 40, stream, /cannot have the 1099511627776 bytes that its header says/],
  ];
  for (const [size, changed, message] of cases) {
    const pack = new RawPack();
    const offset = pack.addEntry(3, size, undefined, changed);
    const damaged = Uint8Array.from(pack.finish());
    const view = new PackView(new MemorySource("x.pack", damaged), sha1, { count: 1, checksum: damaged.slice(-20) });
    const header = new EntryHeader();
    view.headerAt(offset, header);
    const at = offset + header.byteLength;
    const inPieces = () => {
      const pieces = new EntryPieces(env, view, at, size);
      while (pieces.next() !== undefined);
    };
    for (const work of [() => new EntryInflater(env).inflateBriefly(view, at, size), inPieces])
      assert.throws(work, { code: "bad-zlib-stream", message });
  }
});

test("any header is parsed as it was written, and one that is cut is refused", () => {
  const sizes = fc.oneof(fc.nat(40), fc.nat(), fc.maxSafeNat());
  fc.assert(
    fc.property(fc.constantFrom(1, 2, 3, 4), sizes, (type, size) => {
      const target = new Uint8Array(20);
      const end = writeEntryHeader(target, 2, type, size);
      const header = new EntryHeader();
      header.parse(target, 2, end, 12, 20);
      assert.deepEqual([header.type, header.size, header.byteLength, header.isDelta], [type, size, end - 2, false]);
      assert.throws(() => header.parse(target, 2, end - 1, 12, 20), { code: "truncated" });
    }),
  );
});
