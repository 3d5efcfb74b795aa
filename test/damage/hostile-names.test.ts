// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { env } from "#env";
import { sha1, toHex } from "../../src/core/oid.js";
import { MidxEncoder } from "../../src/formats/midx/encode.js";
import { comparePackNames } from "../../src/formats/midx/pack-names.js";
import { verifyMidx } from "../../src/ops/verify-midx/verify-midx.js";
import { writeMidx } from "../../src/ops/write-midx/write-midx.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { privatePermissions } from "../../src/store/permissions.js";
import { chainFile, filesEnding, memoryDirectory, readFixture } from "../support/midx-fixtures.js";
import { typedly, useDirectory } from "../support/use-directory.js";
import { watchFs } from "../support/watch-fs.js";

const hostile: readonly string[] = [
  "../outside.idx",
  "../../outside.idx",
  "/etc/outside.idx",
  "sub/outside.idx",
  "..\\outside.idx",
  "C:\\outside.idx",
  "./pack-x.idx",
  "..",
  ".",
  "",
  ".idx",
  "..idx/../../outside.idx",
  "multi-pack-index",
  "multi-pack-index.d",
  "pack-x.pack",
  "line\nfeed.idx",
  "\x1b[2J\x1b[31mred.idx",
  "del\x7f.idx",
  "c1\x9b31m.idx",
  "\udcff\udcfe.idx",
  `${"x".repeat(100_000)}.idx`,
  `${"../".repeat(30_000)}outside.idx`,
];

/** A multi-pack-index of one object for each pack name. */
function midxOf(packNames: readonly string[], version: 1 | 2): Uint8Array {
  const count = packNames.length;
  const ids = new Uint8Array(20 * count);
  for (let i = 0; i < count; i++) ids.fill(i, 20 * i, 20 * i + 20);
  const entries = {
    count,
    idSegments: [ids],
    packIds: Uint32Array.from(packNames.keys()),
    offsetsLow: new Uint32Array(count).fill(12),
    offsetsHigh: undefined,
  };
  const encoder = new MidxEncoder({ format: sha1, version, packNames, entries, objectsBelow: 0 });
  const bytes = new Uint8Array(encoder.byteLength);
  let filled = 0;
  for (const block of encoder.blocks(env.createHasher(sha1))) {
    bytes.set(block, filled);
    filled += block.length;
  }
  return bytes;
}

/** Every place that a name can stand in: the single file of either version, and a layer. */
function places(names: readonly string[]): [place: string, files: [path: string, bytes: Uint8Array][]][] {
  const sorted = midxOf(names.toSorted(comparePackNames), 1);
  const unsorted = midxOf(names, 2);
  const checksum = toHex(sorted.subarray(-20));
  return [
    ["version 1", [["multi-pack-index", sorted]]],
    ["version 2", [["multi-pack-index", unsorted]]],
    [
      "a layer",
      [
        [`multi-pack-index.d/multi-pack-index-${checksum}.midx`, sorted],
        [chainFile, new TextEncoder().encode(`${checksum}\n`)],
      ],
    ],
  ];
}

const inside =
  /^\/objects(?:\/pack(?:\/multi-pack-index\.d)?(?:\/(?!\.\.?$)[^/\\\p{Cc}]{1,255})?|\/[0-9a-f]{2}(?:\/[0-9a-f]{38,62})?)?$/u;

/** A directory with those files and some real packs, and bait wherever a hostile name could lead. */
function baited(files: readonly (readonly [string, Uint8Array])[]) {
  const packs = filesEnding(readFixture("single-sha1"), "").filter(([path]) => path.startsWith("pack-"));
  const { fs } = memoryDirectory([...packs, ...files], sha1);
  const [, idx] = packs.find(([path]) => path.endsWith(".idx"))!;
  for (const bait of ["/outside", "/objects/outside", "/etc/outside", "/objects/pack/sub/outside"]) {
    fs.put(`${bait}.idx`, idx);
    fs.put(`${bait}.pack`, idx);
  }
  const watched = watchFs(fs);
  return { watched, directory: new ObjectDirectory(watched.fs, "/objects", sha1) };
}

function checkPaths(paths: readonly string[], what: string): void {
  assert.ok(paths.length > 0);
  for (const path of paths) assert.match(path, inside, `${what} touches ${JSON.stringify(path.slice(0, 200))}`);
}

for (const names of [...hostile.map((name) => [name]), hostile]) {
  const what =
    names.length > 1 ? "all hostile names together" : `the pack name ${JSON.stringify(names[0]!.slice(0, 30))}`;

  test(`${what} never leads out of the pack directory, and verify says what is wrong with it`, async () => {
    for (const [place, files] of places(names)) {
      const { watched, directory } = baited(files);
      await useDirectory(directory, ["00".repeat(20), "01".repeat(20)]);
      checkPaths(watched.paths, `reading ${place}`);
      const report = await verifyMidx(directory, { keepFindings: 10_000 });
      checkPaths(watched.paths, `verifying ${place}`);
      const found = report.findings.filter(({ severity }) => severity === "error");
      const faults = found.filter(({ code }) => code === "bad-pack-name" || code === "missing-pack");
      assert.ok(faults.length >= names.length, `${place}: ${found.map(({ message }) => message).join("\n")}`);
      for (const { message, chunk, found, wanted } of report.findings) {
        for (const text of [message, chunk, found, wanted]) assert.doesNotMatch(text ?? "", /\p{Cc}/u);
        assert.ok(message.length < 2000);
      }
    }
  });

  test(`writing over ${what} touches nothing outside the pack directory`, async () => {
    for (const [place, files] of places(names)) {
      for (const incremental of [false, true]) {
        const { watched, directory } = baited(files);
        const settings = { shared: privatePermissions, sync: false, lock: {} };
        await typedly(() => writeMidx(directory, { settings, incremental }));
        checkPaths(watched.paths, `writing over ${place}`);
        assert.deepEqual(watched.open, []);
      }
    }
  });
}
