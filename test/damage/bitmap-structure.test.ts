// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemorySource } from "../../src/bytes/source.js";
import { GitmidxError } from "../../src/core/errors.js";
import type { BitmapPlace } from "../../src/formats/bitmap/layout.js";
import { type BitmapView, openBitmap } from "../../src/formats/bitmap/view.js";
import { heapGrowth, typedArrayBytes } from "../support/allocations.js";
import { type BitmapFixture, bitmapFixture, bitmapFixtures, openFixture } from "../support/bitmap-fixtures.js";
import { checkTyped } from "../support/exercise.js";
import { useBitmap } from "../support/exercise-bitmap.js";
import { scale } from "../support/scale.js";
import { TightSource } from "../support/sources.js";
import {
  type BitmapDamage,
  entryDamages,
  ewahDamages,
  headerDamages,
  lookupDamages,
  mergeDamages,
} from "./bitmap-damages.js";

function damagesOf(fixture: BitmapFixture): BitmapDamage[] {
  const view = openFixture(fixture);
  const made = [
    ...headerDamages(fixture.bytes, view),
    ...ewahDamages(fixture.bytes, view),
    ...entryDamages(fixture.bytes, view),
  ];
  if (view.hasLookupTable) made.push(...lookupDamages(fixture.bytes, view));
  if (view.hasPseudoMerges && !fixture.name.startsWith("old-")) made.push(...mergeDamages(fixture.bytes, view));
  return made;
}

/** Everything that goes wrong in a step. */
function errorsOf(step: BitmapDamage["at"], source: MemorySource, place: BitmapPlace): GitmidxError[] {
  const errors: GitmidxError[] = [];
  const attempt = (use: () => unknown) => {
    try {
      use();
    } catch (error) {
      errors.push(checkTyped(error, source));
    }
  };
  if (step === "open") {
    attempt(() => openBitmap(source, place));
    return errors;
  }
  const view: BitmapView = openBitmap(source, place);
  if (step === "types") for (const type of [1, 2, 3, 4] as const) attempt(() => view.typeBits(type));
  if (step === "entries") attempt(() => [...view.entries()]);
  if (step === "find") for (let position = 0; position <= view.bitLimit; position++) attempt(() => view.find(position));
  if (step === "bits") for (const entry of view.entries()) attempt(() => view.bitsOf(entry));
  const merges = view.pseudoMerges();
  if (step === "merges") {
    attempt(() => merges?.offsetAt(0));
    for (let bit = 0; bit < view.bitLimit; bit++) attempt(() => merges?.mergesOf(bit));
  }
  return errors;
}

test("each damage gives its error, where it is met", () => {
  let checked = 0;
  for (const fixture of bitmapFixtures) {
    for (const { what, bytes, code, message, at } of damagesOf(fixture)) {
      const errors = errorsOf(at, new MemorySource(fixture.name, bytes), fixture.place);
      const told = errors.map((error) => `${error.code}: ${error.message}`);
      assert.ok(told.includes(`${code}: ${message}`), `${fixture.name}, ${what}:\n${message}\n${told.join("\n")}`);
      checked++;
    }
  }
  assert.ok(checked > 100);
});

test("any byte of a file may be anything: each use gives an answer that can be, or a typed error", () => {
  const check = ({ name, bytes, place }: BitmapFixture, at: number, value: number) => {
    const changed = bytes.slice();
    changed[at] = value;
    const source = new MemorySource(name, changed);
    try {
      useBitmap(source, place);
    } catch (error) {
      checkTyped(error, source);
    }
  };
  for (const fixture of bitmapFixtures) {
    const { bytes } = fixture;
    const hashes = openFixture(fixture).layout.nameHashes;
    for (let at = 0; at < bytes.length; at += scale(5, 1)) {
      // No hash is wrong by itself.
      if (hashes !== undefined && at >= hashes.offset && at % 64 !== 0) continue;
      const byte = bytes[at]!;
      const values = scale([byte ^ (1 << (at % 8))], [0, 255, byte ^ 1, byte ^ 128, byte + 1, byte - 1]);
      for (const value of values) check(fixture, at, value);
    }
  }
});

test("a file may end anywhere", () => {
  for (const { name, bytes, place } of bitmapFixtures) {
    for (let length = 0; length < bytes.length; length += scale(7, 1)) {
      const source = new MemorySource(name, bytes.slice(0, length));
      try {
        useBitmap(source, place);
      } catch (error) {
        checkTyped(error, source);
      }
    }
  }
});

test("opening a damaged file takes next to nothing, whatever it claims to hold", () => {
  const growth = heapGrowth(() => {
    for (const fixture of bitmapFixtures) {
      for (const { what, bytes } of damagesOf(fixture)) {
        const source = new TightSource(fixture.name, bytes);
        const arrays = typedArrayBytes(() => {
          try {
            openBitmap(source, fixture.place);
          } catch (error) {
            if (!(error instanceof GitmidxError)) throw error;
          }
        });
        assert.ok(arrays < 1000, `${what}: ${arrays} bytes`);
        assert.equal(source.copied, 0, what);
      }
    }
  });
  assert.ok(growth < 8 << 20, `${growth} bytes of heap`);
});

test("a file that claims 2^32 - 1 objects, entries or members is no larger in memory than on disk", () => {
  const place = { ...bitmapFixture("bare-sha1").place, objectCount: 0xffff_ffff };
  const growth = heapGrowth(() => {
    for (const fixture of bitmapFixtures) {
      for (const { bytes } of damagesOf(fixture)) {
        const source = new MemorySource(fixture.name, bytes);
        try {
          const view = openBitmap(source, { ...place, format: fixture.place.format });
          const read = typedArrayBytes(() => {
            for (const entry of view.entries()) view.ewahOf(entry);
            for (const type of [1, 2, 3, 4] as const) view.typeBits(type);
            view.pseudoMerges()?.memberBits();
          });
          assert.ok(read < 4 * bytes.length, `${read} bytes`);
        } catch (error) {
          if (!(error instanceof GitmidxError)) throw error;
        }
      }
    }
  });
  assert.ok(growth < 8 << 20, `${growth} bytes of heap`);
});

test("a table whose bases go in circles or overlap is refused", () => {
  const fixture = bitmapFixture("lookup-sha256");
  const view = openFixture(fixture);
  const table = view.lookupTable()!;
  const rows = Array.from({ length: view.entryCount }, (_, row) => ({ row, ...table.rowAt(row) }));
  const xored = rows.filter(({ xorRow }) => xorRow !== 0xffff_ffff);
  let refused = 0;
  for (const { row, offset, position } of xored) {
    for (const other of xored) {
      const bytes = fixture.bytes.slice();
      new DataView(bytes.buffer).setUint32(table.placeOf(row) + 12, other.row);
      const damaged = openFixture(fixture, new MemorySource("circles", bytes));
      const use = () => damaged.bitsOf(damaged.find(position)!);
      if (other.offset < offset) use();
      else {
        assert.throws(use, (error) => error instanceof GitmidxError && error.code === "bad-lookup-table");
        refused++;
      }
    }
  }
  assert.ok(refused > 20);
});
