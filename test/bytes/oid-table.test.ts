// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fanoutFall, OidTable, readFanout } from "../../src/bytes/oid-table.js";
import { MemorySource } from "../../src/bytes/source.js";
import { isHex, oidPrefixFromHex, sha1, sha256, toHex } from "../../src/core/oid.js";
import { seededRandom } from "../support/random.js";
import { everySource, TightSource } from "../support/sources.js";

type Id = Uint8Array<ArrayBuffer>;

function compareIds(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

function fanoutOf(ids: readonly Id[]): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, first) => ids.filter((id) => id[0]! <= first).length);
}

/** Rows of `stride` bytes with the id at `idOffset`, behind `offset` bytes of something else, and with something else behind. */
function tableBytes(ids: readonly Id[], offset: number, stride: number, idOffset: number): Uint8Array {
  const bytes = new Uint8Array(offset + ids.length * stride + 7).fill(0xee);
  for (const [i, id] of ids.entries()) bytes.set(id, offset + i * stride + idOffset);
  return bytes;
}

function tableOf(ids: readonly Id[], length = 20, idOffset = 0): OidTable {
  const layout = { offset: 11, stride: length + idOffset, idOffset, idByteLength: length };
  return new OidTable(new TightSource("f", tableBytes(ids, 11, length + idOffset, idOffset)), layout, fanoutOf(ids));
}

function randomId(random: () => number, length = 20): Id {
  return Uint8Array.from({ length }, () => random() & 255);
}

/** Tables of many shapes: how ids are really spread, and how somebody who wants searches to be slow would choose them. */
function shapes(random: () => number, length: number): [name: string, ids: Id[]][] {
  const uniform = (count: number) => Array.from({ length: count }, () => randomId(random, length));
  const withPrefix = (count: number, prefix: number) => uniform(count).map((id) => id.fill(0x5a, 0, prefix));
  const geometric = Array.from({ length: 400 }, (_, i) => {
    const id = new Uint8Array(length);
    // bytes 1 to 4 grow like 2^(i/13): interpolation lands at one end each time
    const key = Math.min(0xffff_ffff, Math.floor(2 ** (i / 13)));
    new DataView(id.buffer).setUint32(1, key);
    id[length - 1] = i & 255;
    id[length - 2] = i >> 8;
    return id;
  });
  const clusters = [0, 1, 127, 128, 254, 255].flatMap((first) =>
    uniform(60).map((id) => {
      id[0] = first;
      id.fill(first, 1, 3);
      return id;
    }),
  );
  const ends = uniform(50).flatMap((id) => [id.slice().fill(0, 0, 6), id.slice().fill(255, 0, 6)]);
  const same = Array.from({ length: 100 }, () => new Uint8Array(length).fill(0x42));
  return [
    ["empty", []],
    ["one", uniform(1)],
    ["few", uniform(5)],
    ["uniform", uniform(3000)],
    ["a long common prefix", withPrefix(500, 5)],
    ["equal but for the last bytes", withPrefix(500, length - 2)],
    ["all equal", same],
    ["geometric", geometric],
    ["clustered", clusters],
    ["at both ends", ends],
    ["all zeros and all ones", [new Uint8Array(length), new Uint8Array(length).fill(255)]],
  ];
}

/** Ids to ask for: those of the table, their neighbours, and others. */
function questions(ids: readonly Id[], random: () => number, length: number): Id[] {
  const asked = [new Uint8Array(length), new Uint8Array(length).fill(255)];
  for (const id of ids) {
    const above = id.slice();
    const below = id.slice();
    above[length - 1]!++;
    below[length - 1]!--;
    asked.push(id, above, below);
  }
  for (let i = 0; i < 100; i++) asked.push(randomId(random, length));
  return asked;
}

test("a search gives what a linear scan gives, for every spread of ids", () => {
  const random = seededRandom(1);
  for (const length of [20, 32]) {
    for (const [name, unsorted] of shapes(random, length)) {
      const ids = unsorted.sort(compareIds);
      for (const idOffset of [0, 4]) {
        const table = tableOf(ids, length, idOffset);
        assert.equal(table.count, ids.length);
        const sample = questions(ids, random, length).filter((_, i) => ids.length < 600 || i % 17 === 0);
        for (const oid of sample) {
          const below = ids.findIndex((id) => compareIds(id, oid) >= 0);
          const wanted = below < 0 ? ids.length : below;
          assert.equal(table.lowerBound(oid), wanted, `${name}: lower bound of ${toHex(oid)}`);
          const equal = wanted < ids.length && compareIds(ids[wanted]!, oid) === 0;
          assert.equal(table.find(oid), equal ? wanted : -1, `${name}: ${toHex(oid)}`);
        }
      }
    }
  }
});

test("a search reads a few rows however the ids are spread, and next to two among hashes", () => {
  const random = seededRandom(2);
  for (const [name, unsorted] of shapes(random, 20)) {
    const ids = unsorted.sort(compareIds);
    const table = tableOf(ids);
    const source = table.source as TightSource;
    let most = 0;
    let total = 0;
    const asked = questions(ids, random, 20);
    for (const oid of asked) {
      const before = source.located;
      table.find(oid);
      most = Math.max(most, source.located - before);
      total += source.located - before;
    }
    // Each step locates a row, and once more where the first bytes are equal.
    const bound = 2 * (4 + Math.ceil(Math.log2(ids.length + 1)) + 1) + 1;
    assert.ok(most <= bound, `${name}: ${most} of ${bound}`);
    if (name === "uniform") assert.ok(total / asked.length < 8, `${total / asked.length} on average`);
  }
});

test("in a table that is not sorted a search ends within the table, with a row that does hold the id or none", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 200 }), (seed, count) => {
      const random = seededRandom(seed);
      const ids = Array.from({ length: count }, () => randomId(random).fill(random() & 1 ? 3 : 4, 0, 1));
      const layout = { offset: 11, stride: 20, idOffset: 0, idByteLength: 20 };
      // a fanout that does not fall, but does not fit the ids either
      const fanout = Uint32Array.from({ length: 256 }, () => random() % (count + 1)).sort();
      fanout[255] = count;
      const table = new OidTable(new TightSource("f", tableBytes(ids, 11, 20, 0)), layout, fanout);
      for (const oid of questions(ids, random, 20)) {
        const found = table.find(oid);
        if (found >= 0) assert.equal(compareIds(ids[found]!, oid), 0);
        const bound = table.lowerBound(oid);
        assert.ok(bound >= 0 && bound <= count);
        const { start, end } = table.prefixRange(oid.fill(0, 2), 4);
        assert.ok(start >= 0 && start <= end && end <= count, `${start} to ${end}`);
      }
    }),
    { numRuns: 100 },
  );
});

test("the range of a prefix has exactly the ids that begin with its digits", () => {
  const random = seededRandom(3);
  for (const format of [sha1, sha256]) {
    for (const [name, unsorted] of shapes(random, format.byteLength)) {
      const ids = unsorted.sort(compareIds);
      const table = tableOf(ids, format.byteLength);
      const hexes = ids.map((id) => toHex(id));
      const sample = hexes.filter((_, i) => i % Math.ceil(hexes.length / 40) === 0);
      for (const hex of [
        ...sample,
        "0".repeat(format.hexLength),
        "f".repeat(format.hexLength),
        "5a5b".padEnd(40, "9"),
      ]) {
        for (const digits of [1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 39, 40, format.hexLength - 1, format.hexLength]) {
          const text = hex.slice(0, digits);
          assert.ok(isHex(text));
          const prefix = oidPrefixFromHex(text, format);
          const { start, end } = table.prefixRange(prefix.bytes, prefix.digits);
          const wanted = hexes.filter((id) => id.startsWith(text));
          assert.deepEqual(hexes.slice(start, end), wanted, `${name}: ${text}`);
        }
      }
    }
  }
});

test("ids read alike from every kind of source, and are copies", () => {
  const ids = shapes(seededRandom(4), 20)
    .find(([name]) => name === "uniform")![1]
    .sort(compareIds);
  const bytes = tableBytes(ids, 11, 24, 4);
  for (const [kind, source] of everySource(bytes, "f")) {
    const table = new OidTable(source, { offset: 11, stride: 24, idOffset: 4, idByteLength: 20 }, fanoutOf(ids));
    for (let i = 0; i < ids.length; i += 7) {
      const id = table.idAt(i);
      assert.deepEqual(id, ids[i], kind);
      assert.equal(table.compareAt(i, id), 0);
      id.fill(0);
      assert.deepEqual(table.idAt(i), ids[i], kind);
    }
  }
});

test("a fanout is read as it stands, and the first fall in it is found", () => {
  const bytes = new Uint8Array(5 + 1024);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 256; i++) view.setUint32(5 + 4 * i, (i + 1) * 0xff_ffff);
  const fanout = readFanout(new MemorySource("f", bytes), 5);
  assert.deepEqual(
    [...fanout],
    Array.from({ length: 256 }, (_, i) => (i + 1) * 0xff_ffff),
  );
  assert.equal(fanoutFall(fanout), -1);
  assert.equal(fanoutFall(new Uint32Array(256)), -1);
  for (const at of [1, 2, 100, 255]) {
    const falling = fanout.slice();
    falling[at] = falling[at - 1]! - 1;
    assert.equal(fanoutFall(falling), at);
    const later = falling.slice();
    later[255] = 0;
    assert.equal(fanoutFall(later), at, "the first of two falls");
  }
});

test("a row behind the end of the file is truncated, not read from elsewhere", () => {
  const fanout = new Uint32Array(256).fill(1000);
  const layout = { offset: 0, stride: 20, idOffset: 0, idByteLength: 20 };
  for (const [kind, source] of everySource(new Uint8Array(5000), "f")) {
    const table = new OidTable(source, layout, fanout);
    assert.throws(() => table.idAt(250), { code: "truncated" }, kind);
    assert.throws(() => table.find(new Uint8Array(20).fill(255, 1)), { code: "truncated" }, kind);
  }
});
