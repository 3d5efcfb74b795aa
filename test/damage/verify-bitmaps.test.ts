/** Bitmaps of every kind with every byte changed: verify finds it, or it says the same as before. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { MemorySource } from "../../src/bytes/source.js";
import { type ErrorCode, errorCodes } from "../../src/core/errors.js";
import { type ObjectTypeCode, objectTypes } from "../../src/core/object-type.js";
import type { BitmapPlace } from "../../src/formats/bitmap/layout.js";
import { type BitmapView, openBitmap } from "../../src/formats/bitmap/view.js";
import type { BitmapDepth } from "../../src/ops/verify-bitmaps/verify-bitmaps.js";
import type { Finding } from "../../src/ops/verify-midx/finding.js";
import { type VerifyReport, verifyMidx } from "../../src/ops/verify-midx/verify-midx.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { heapGrowth } from "../support/allocations.js";
import { type BitmapDirectory, bitmapDirectories } from "../support/bitmap-directories.js";
import { memoryDirectory } from "../support/midx-fixtures.js";
import { scale } from "../support/scale.js";
import { watchFs } from "../support/watch-fs.js";

const directories = bitmapDirectories();

async function verify(
  { files, format }: BitmapDirectory,
  changes: Iterable<readonly [path: string, bytes: Uint8Array]> = [],
  bitmaps: BitmapDepth = "structure",
): Promise<VerifyReport> {
  const watched = watchFs(memoryDirectory([...files, ...changes], format).fs);
  const directory = new ObjectDirectory(watched.fs, "/objects", format);
  const report = await verifyMidx(directory, { keepFindings: 10_000, bitmaps });
  assert.deepEqual(watched.open, [], "nothing stays open");
  for (const { code, message, path, offset, advice } of report.findings) {
    assert.ok(
      errorCodes.includes(code) && message.length > 5 && advice.length > 5 && !/\p{Cc}/u.test(message),
      message,
    );
    assert.ok(offset === undefined || (Number.isInteger(offset) && offset >= 0), `${message} at ${offset}`);
    assert.ok(path.startsWith("/objects/pack/"), path);
  }
  return report;
}

function errorsOf({ findings }: VerifyReport): readonly Finding[] {
  return findings.filter(({ severity }) => severity === "error");
}

function sealed(bytes: Uint8Array, { format }: BitmapDirectory): Uint8Array {
  const copy = bytes.slice();
  const end = copy.length - format.byteLength;
  copy.set(createHash(format.name).update(copy.subarray(0, end)).digest(), end);
  return copy;
}

/** All that a bitmap says, name hashes aside, which change no answer. */
function meaning(view: BitmapView): unknown {
  const bits = (type: ObjectTypeCode) => [...view.typeBits(type).toBits().words].join();
  const words = (all: Uint32Array) => all.join().replace(/(,0)+$/, "");
  const merges = view.pseudoMerges();
  return {
    types: objectTypes.map((_, i) => bits((i + 1) as ObjectTypeCode).replace(/(,0)+$/, "")),
    entries: [...view.entries()].map((entry) => [entry.position, words(view.bitsOf(entry).words)]),
    merges: Array.from({ length: merges?.count ?? 0 }, (_, i) => [
      words(merges!.members(i).toBits().words),
      words(merges!.objects(i).toBits().words),
    ]),
    mergesOf: [...(merges?.memberBits() ?? [])].map((bit) => [bit, merges!.mergesOf(bit)]),
  };
}

function placeOf(report: VerifyReport, path: string, { format }: BitmapDirectory): BitmapPlace {
  const index = report.bitmaps.findIndex((bitmap) => bitmap.path.endsWith(path));
  const { kind, objects: objectCount } = report.bitmaps[index]!;
  const below = report.bitmaps.slice(0, index).reduce((sum, { objects }) => sum + objects, 0);
  return { format, objectCount, objectsBelow: kind === "layer" ? below : 0 };
}

for (const directory of directories) {
  test(`the bitmaps of ${directory.name}, as git wrote them, have nothing wrong`, async () => {
    for (const depth of ["structure", "full"] as const) {
      const report = await verify(directory, [], depth);
      assert.deepEqual(errorsOf(report), []);
      assert.equal(report.bitmaps.length, directory.bitmaps.length);
      const notes = report.findings.filter(({ path }) => path.endsWith(".bitmap"));
      assert.deepEqual(notes, [], "no note about a bitmap either");
    }
    assert.deepEqual((await verify(directory, [], "none")).bitmaps, []);
  });

  test(`any byte of a bitmap of ${directory.name} changed is found`, async () => {
    const step = scale(31, 1);
    for (const [i, path] of directory.bitmaps.entries()) {
      const bytes = directory.files.get(path)!;
      for (let at = i % step; at < bytes.length; at += step) {
        const damaged = bytes.slice();
        damaged[at]! ^= at % 2 === 0 ? 1 : 0x80;
        const report = await verify(directory, [[path, damaged]]);
        assert.ok(report.errors > 0, `${path}: byte ${at}`);
      }
    }
  });

  test(`any byte of ${directory.name} changed with the checksum made right is found, or changes nothing`, async () => {
    const before = await verify(directory);
    const step = scale(41, 1);
    let same = 0;
    let found = 0;
    for (const [i, path] of directory.bitmaps.entries()) {
      const bytes = directory.files.get(path)!;
      const place = placeOf(before, path, directory);
      const open = (file: Uint8Array) => openBitmap(new MemorySource(path, file), place);
      const sound = meaning(open(bytes));
      for (let at = i % step; at < bytes.length - directory.format.byteLength; at += step) {
        const damaged = bytes.slice();
        damaged[at]! ^= 1 << (at % 8);
        const whole = sealed(damaged, directory);
        const report = await verify(directory, [[path, whole]], "full");
        assert.ok(errorsOf(report).every(({ code }) => code !== "bad-checksum"));
        if (report.errors > 0) found++;
        else {
          assert.deepEqual(meaning(open(whole)), sound, `${path}: byte ${at}`);
          same++;
        }
      }
    }
    assert.ok(found > same, `${found} found, ${same} of no consequence`);
  });
}

test("bitmaps cut short, made longer and of nothing are found, and take no more memory than they have bytes", async () => {
  for (const directory of directories.filter(({ format }) => format.name === "sha1")) {
    for (const path of directory.bitmaps) {
      const bytes = directory.files.get(path)!;
      const longer = new Uint8Array(bytes.length + 40);
      longer.set(bytes);
      const cuts = [0, 1, 11, 31, 32, 51, 52, 60, bytes.length >> 1, bytes.length - 21, bytes.length - 1];
      for (const damaged of [...cuts.map((length) => bytes.slice(0, length)), longer, new Uint8Array(1 << 16)]) {
        for (const file of [damaged, damaged.length > 20 ? sealed(damaged, directory) : damaged]) {
          assert.ok((await verify(directory, [[path, file]])).errors > 0, `${path}: ${damaged.length} bytes`);
        }
      }
    }
  }
});

/** A change to what a sound bitmap says, all checksums right. */
interface Change {
  readonly what: string;
  /** Which directory. */
  readonly name: string;
  readonly make: (bytes: Uint8Array, view: BitmapView) => void;
  readonly code: ErrorCode;
  readonly chunk: string;
}

const put32 = (bytes: Uint8Array, at: number, value: number) => new DataView(bytes.buffer).setUint32(at, value);

const changes: readonly Change[] = [
  {
    what: "the checksum of another pack",
    name: "pack-sha1",
    make: (bytes) => void (bytes[12]! ^= 1),
    code: "bad-header",
    chunk: "header",
  },
  {
    what: "the checksum of another multi-pack-index",
    name: "midx-sha256",
    make: (bytes) => void (bytes[12]! ^= 1),
    code: "bad-header",
    chunk: "header",
  },
  {
    what: "a commit that is none",
    name: "pack-plain-sha1",
    make: (bytes, view) => {
      const types = view.typeBits(1).toBits();
      let other = 0;
      // positions are not bits, but one of them is no commit's
      while ([...view.entries()].some(({ position }) => position === other)) other++;
      assert.ok(types.count() > 0);
      put32(bytes, view.entriesOffset, other);
    },
    code: "bad-bitmap-entry",
    chunk: "entries",
  },
  {
    what: "a commit beyond the objects",
    name: "midx-sha1",
    make: (bytes, view) => put32(bytes, view.entriesOffset, 0x7fff_ffff),
    code: "bad-bitmap-entry",
    chunk: "entries",
  },
  {
    what: "a base before the first entry",
    name: "pack-sha256",
    make: (bytes, view) => void (bytes[view.entriesOffset + 4] = 1),
    code: "bad-bitmap-entry",
    chunk: "entries",
  },
  {
    what: "a run of 2^32 - 1 words",
    name: "pack-sha1",
    make: (bytes, view) => {
      put32(bytes, view.entriesOffset + 6 + 8, 1);
      put32(bytes, view.entriesOffset + 6 + 12, 0xffff_ffff);
    },
    code: "bad-ewah",
    chunk: "entries",
  },
  {
    what: "a row of the lookup table that leads nowhere",
    name: "midx-lookup-sha1",
    make: (bytes, view) => put32(bytes, view.layout.lookupTable!.offset + 8, 77),
    code: "bad-lookup-table",
    chunk: "lookup table",
  },
  {
    what: "a row of the lookup table of another commit",
    name: "midx-lookup-sha256",
    make: (bytes, view) => put32(bytes, view.layout.lookupTable!.offset, 0),
    code: "bad-lookup-table",
    chunk: "lookup table",
  },
  {
    what: "a row of the lookup table with a base that its entry has not",
    name: "midx-lookup-sha1",
    make: (bytes, view) => {
      const { offset } = view.layout.lookupTable!;
      const value = new DataView(bytes.buffer).getUint32(offset + 12);
      put32(bytes, offset + 12, value === 1 ? 0xffff_ffff : 1);
    },
    code: "bad-lookup-table",
    chunk: "lookup table",
  },
  {
    what: "a pseudo-merge that is not where it is said to be",
    name: "pack-pseudo-sha1",
    make: (bytes, view) => {
      const { offset, byteLength } = view.layout.pseudoMerges!;
      put32(bytes, offset + byteLength - 24 - 4, offset + 4);
    },
    code: "bad-pseudo-merge",
    chunk: "pseudo-merges",
  },
];

for (const { what, name, make, code, chunk } of changes) {
  const directory = directories.find((one) => one.name === name);
  if (directory === undefined) continue;
  test(`${what} is found in ${name}, with its part of the file and its place`, async () => {
    const before = await verify(directory);
    const [path] = directory.bitmaps;
    const bytes = directory.files.get(path!)!;
    const damaged = bytes.slice();
    make(damaged, openBitmap(new MemorySource("f", bytes), placeOf(before, path!, directory)));
    const errors = errorsOf(await verify(directory, [[path!, sealed(damaged, directory)]]));
    const found = errors.find((error) => error.code === code && error.chunk === chunk);
    const shown = errors.map((error) => `\n  ${error.code} ${error.chunk} ${error.offset}: ${error.message}`).join("");
    assert.ok(found?.offset !== undefined && found.path.endsWith(path!), shown);
  });
}

test("bitmaps that go with nothing are noted, and those without a bitmap below", async () => {
  const chain = directories.find(({ name }) => name === "chain-sha1");
  const pack = directories.find(({ name }) => name === "pack-sha1")!;
  const name = pack.bitmaps[0]!;
  const strange = name.replace(/[0-9a-f]{8}/, "00000000");
  const stray = await verify(pack, [
    [strange, pack.files.get(name)!],
    [`multi-pack-index-${"0".repeat(40)}.bitmap`, pack.files.get(name)!],
  ]);
  assert.equal(stray.errors, 0);
  const notes = stray.findings.filter(({ code }) => code === "stale-bitmap").map(({ path }) => path);
  assert.deepEqual(notes.length, 2);
  if (chain === undefined) return;
  const files = new Map(chain.files);
  const first = (await verify(chain)).layers[0]!.checksum;
  files.delete(`multi-pack-index.d/multi-pack-index-${first}.bitmap`);
  const gap = await verify({ ...chain, files });
  assert.equal(gap.errors, 0);
  assert.equal(gap.findings.filter(({ code }) => code === "stale-bitmap").length, 2);
});

test("a bitmap of crafted runs takes no memory for what it claims", async () => {
  const directory = directories.find(({ name }) => name === "pack-plain-sha1")!;
  const [path] = directory.bitmaps;
  const bytes = directory.files.get(path!)!;
  const view = openBitmap(new MemorySource("f", bytes), placeOf(await verify(directory), path!, directory));
  const claims = [0, 4, 8, 12, 16].map((at) => {
    const damaged = bytes.slice();
    put32(damaged, view.entriesOffset + 6 + at, 0xffff_ffff);
    put32(damaged, view.entriesOffset + 6, 0xffff_ffff);
    return sealed(damaged, directory);
  });
  const reports: VerifyReport[] = [];
  for (const claim of claims) reports.push(await verify(directory, [[path!, claim]]));
  assert.ok(reports.every(({ errors }) => errors > 0));
  const place = view.layout.place;
  const growth = heapGrowth(() => {
    for (const claim of claims) {
      try {
        for (const entry of openBitmap(new MemorySource("f", claim), place).entries()) view.ewahOf(entry);
      } catch {
        // what is thrown the other tests look at
      }
    }
  });
  assert.ok(growth < 4 << 20, `${growth} bytes`);
});
