// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { env } from "#env";
import { MemorySource } from "../../src/bytes/source.js";
import { sha1, sha256, toHex } from "../../src/core/oid.js";
import type { IdxPosition } from "../../src/core/positions.js";
import { encodeMtimes, MtimesView } from "../../src/formats/mtimes.js";
import { fileEntries } from "../../src/ops/inspect/file-entries.js";
import { inspectFile } from "../../src/ops/inspect/inspect-file.js";
import { memoryDirectory } from "../support/midx-fixtures.js";
import { everySource } from "../support/sources.js";

const times = Uint32Array.of(1, 1_700_000_000, 0xffff_ffff);

function encoded(format = sha1): Uint8Array {
  return encodeMtimes(format, times, new Uint8Array(format.byteLength).fill(7), env.createHasher(format));
}

test("modification times are read as they were written, from every kind of source", () => {
  for (const format of [sha1, sha256]) {
    for (const [kind, source] of everySource(encoded(format), "pack-1.mtimes")) {
      const view = new MtimesView(source, format, times.length);
      assert.deepEqual(
        [...times.keys()].map((position) => view.mtimeAt(position as IdxPosition)),
        [...times],
        kind,
      );
      assert.equal(toHex(view.packChecksum()), "07".repeat(format.byteLength));
      const hasher = env.createHasher(format);
      hasher.update(encoded(format).subarray(0, -format.byteLength));
      assert.deepEqual(view.checksum(), hasher.digest());
    }
  }
});

test("a file that is not what it should be is refused in git's words", () => {
  const cases: [change: (bytes: Uint8Array) => Uint8Array, code: string, message: string][] = [
    [(bytes) => bytes.subarray(0, 11), "truncated", "mtimes file x.mtimes is too small"],
    [(bytes) => bytes.fill(0, 0, 1), "bad-signature", "mtimes file x.mtimes has unknown signature"],
    [(bytes) => bytes.fill(2, 7, 8), "bad-version", "mtimes file x.mtimes has unsupported version 2"],
    [(bytes) => bytes.fill(3, 11, 12), "bad-hash-id", "mtimes file x.mtimes has unsupported hash id 3"],
    [(bytes) => bytes.fill(2, 11, 12), "bad-hash-id", "mtimes file x.mtimes has hash id 2, but the repository's is 1"],
    [(bytes) => bytes.subarray(0, -1), "bad-size", "mtimes file x.mtimes is corrupt"],
  ];
  for (const [change, code, message] of cases) {
    const source = new MemorySource("x.mtimes", change(encoded()));
    assert.throws(() => new MtimesView(source, sha1, times.length), { code, message });
  }
});

test("modification times are shown like other files of a pack", async () => {
  const { fs } = memoryDirectory([["pack-1.mtimes", encoded()]], sha1);
  const report = await inspectFile(fs, "/objects/pack/pack-1.mtimes");
  assert.deepEqual([report.kind, report.version, report.objects], ["modification-times", 1, 3]);
  assert.equal(report.packChecksum, "07".repeat(20));
  assert.deepEqual(
    report.parts.map(({ name }) => name),
    ["header", "times", "pack checksum", "trailer"],
  );
  const entries = [];
  for await (const batch of fileEntries(fs, "/objects/pack/pack-1.mtimes")) entries.push(...batch);
  assert.deepEqual(
    entries,
    [...times].map((mtime) => ({ mtime })),
  );
});
