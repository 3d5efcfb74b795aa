// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteSource } from "../../src/bytes/source.js";
import { GitmidxError } from "../../src/core/errors.js";
import { sha1 } from "../../src/core/oid.js";
import { IdxView } from "../../src/formats/idx/view.js";
import { encodeChain, parseChain } from "../../src/formats/midx/chain.js";
import { openMidx } from "../../src/formats/midx/view.js";
import { RevView } from "../../src/formats/rev.js";
import { heapGrowth, typedArrayBytes } from "../support/allocations.js";
import { filesEnding, fixtureNames, readFixture } from "../support/midx-fixtures.js";
import { scale } from "../support/scale.js";
import { TightSource } from "../support/sources.js";
import { idxDamages, revDamages } from "./idx-rev-damages.js";
import { type Damage, midxDamages, patched, u32, u64 } from "./midx-damages.js";

const fixtures = fixtureNames.map(readFixture);

/** Opens; a typed error is an answer too. */
function open(make: () => unknown): void {
  try {
    make();
  } catch (error) {
    if (!(error instanceof GitmidxError)) throw error;
  }
}

/** Checks what opening takes, against the size of the file: once and a half, and a few fanouts. */
function checkOpening(what: string, bytes: Uint8Array, make: (source: ByteSource) => unknown): void {
  const source = new TightSource("f", bytes);
  const arrays = typedArrayBytes(() => open(() => make(source)));
  assert.ok(source.copied <= bytes.length + 1024, `${what}: ${source.copied} bytes read of ${bytes.length}`);
  // Each range of a tight source is an array too.
  const most = 1.5 * bytes.length + 20 * source.located + 8192;
  assert.ok(arrays <= most, `${what}: ${arrays} bytes for a file of ${bytes.length}`);
}

test("opening a damaged file takes no more memory than its size allows, whatever it claims to hold", () => {
  const check = (damages: readonly Damage[], make: (source: ByteSource) => unknown) => {
    const growth = heapGrowth(() => {
      for (const { what, bytes } of damages) checkOpening(what, bytes, make);
    });
    assert.ok(growth < 32 << 20, `${growth} bytes of heap`);
  };
  for (const { files, format, midxPaths, ...fixture } of fixtures) {
    const whole = { files, format, midxPaths, ...fixture };
    for (const path of midxPaths) {
      check(midxDamages(files.get(path)!, format.byteLength), (source) => openMidx(source, format));
    }
    for (const [, bytes] of filesEnding(whole, ".idx")) {
      check(idxDamages(bytes, format.byteLength), (source) => new IdxView(source, format));
    }
    for (const [, bytes] of filesEnding(whole, ".rev")) {
      check(revDamages(bytes, format.byteLength), (source) => new RevView(source, format, 0xffff_ffff));
    }
  }
});

/** A file of version 2 with those bytes for names and no objects. */
function midxWithNames(names: Uint8Array, packCount: number): Uint8Array {
  const length = Math.ceil(names.length / 4) * 4;
  const bytes = new Uint8Array(72 + length + 1024 + 20);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4d, 0x49, 0x44, 0x58, 2, 1, 4, 0]);
  view.setUint32(8, packCount);
  const ends = [72, 72 + length, 72 + length + 1024, 72 + length + 1024, 72 + length + 1024];
  for (const [i, name] of ["PNAM", "OIDF", "OIDL", "OOFF", "\0\0\0\0"].entries()) {
    bytes.set(
      [...name].map((char) => char.charCodeAt(0)),
      12 + 12 * i,
    );
    bytes.set(u64(BigInt(ends[i]!)), 16 + 12 * i);
  }
  bytes.set(names, 72);
  return bytes;
}

test("millions of pack names take a bounded multiple of their size, however they are made", () => {
  const size = scale(1 << 19, 4 << 20);
  const shapes: [what: string, names: Uint8Array, count: number][] = [
    ["empty names", new Uint8Array(size), size],
    ["one-letter names", Uint8Array.from({ length: size }, (_, i) => (i % 2 === 0 ? 0x61 : 0)), size / 2],
    [
      "names that are no text",
      Uint8Array.from({ length: size }, (_, i) => (i % 4 === 3 ? 0 : 0x80 + (i % 127))),
      size / 4,
    ],
    ["one name without end", new Uint8Array(size).fill(0x61), 1],
    ["one name that is no text", new Uint8Array(size).fill(0xff).fill(0, size - 1), 1],
  ];
  for (const [what, names, count] of shapes) {
    const bytes = midxWithNames(names, count);
    const source = new TightSource("f", bytes);
    let problems = 0;
    const growth = heapGrowth(() => {
      open(() => {
        const view = openMidx(source, sha1);
        assert.equal(view.packNames.length, count);
        problems = view.layout.problems.length;
      });
    });
    assert.ok(problems <= 1001, `${what}: ${problems} problems`);
    assert.ok(growth < 60 * bytes.length, `${what}: ${growth} bytes for a file of ${bytes.length}`);
  }
});

test("a chain file of a hundred thousand lines takes a bounded multiple of its size", () => {
  const lines = Array.from({ length: 100_000 }, (_, i) => i.toString(16).padStart(40, "0"));
  for (const bytes of [
    encodeChain(lines),
    encodeChain(lines.map(() => lines[0]!)),
    new TextEncoder().encode(lines.join("\r\n")),
    new Uint8Array(4 << 20).fill(0x0a),
    new Uint8Array(4 << 20).fill(0x61),
  ]) {
    const growth = heapGrowth(() => parseChain(bytes, sha1));
    assert.ok(growth < 40 * bytes.length, `${growth} bytes for ${bytes.length}`);
  }
});

test("counting allocations counts what is claimed, not only what is used", () => {
  assert.ok(typedArrayBytes(() => void new Uint8Array(1e9)) >= 1e9);
  assert.ok(typedArrayBytes(() => void Float64Array.from({ length: 1000 }, () => 1)) >= 8000);
  assert.equal(
    typedArrayBytes(() => {}),
    0,
  );
  // What else is collected meanwhile is taken off.
  assert.ok(heapGrowth(() => void new Uint8Array(50 << 20).fill(1)) >= 40 << 20);
  assert.deepEqual([...patched(new Uint8Array(4), 0, ...u32(1))], [0, 0, 0, 1]);
});
