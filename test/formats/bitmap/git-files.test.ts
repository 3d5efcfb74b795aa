import assert from "node:assert/strict";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { env } from "#env";
import { MemorySource } from "../../../src/bytes/source.js";
import { sha1, sha256, toHex } from "../../../src/core/oid.js";
import type { LayerPosition } from "../../../src/core/positions.js";
import { BitmapEncoder } from "../../../src/formats/bitmap/encode.js";
import type { BitmapPlace } from "../../../src/formats/bitmap/layout.js";
import { type BitmapView, openBitmap } from "../../../src/formats/bitmap/view.js";
import { IdxView } from "../../../src/formats/idx/view.js";
import { openMidx } from "../../../src/formats/midx/view.js";
import { entryDamages, headerDamages, lookupDamages } from "../../damage/bitmap-damages.js";
import { contentAgain, pseudoMergesOf } from "../../support/bitmap-fixtures.js";
import { BitmapHistory } from "../../support/bitmap-history.js";
import { type GitBinary, gitAtLeast, gits, isAtLeast, newestGit, runGit } from "../../support/gits.js";
import { scale } from "../../support/scale.js";

const sections: readonly (readonly string[])[] = [
  ["pack.writeBitmapHashCache=false"],
  ["pack.writeBitmapLookupTable=true"],
  [
    "pack.writeBitmapLookupTable=true",
    "bitmapPseudoMerge.all.pattern=refs/(heads)/",
    "bitmapPseudoMerge.all.threshold=now",
    "bitmapPseudoMerge.all.stableThreshold=now",
    "bitmapPseudoMerge.all.stableSize=4",
    "bitmapPseudoMerge.tags.pattern=refs/",
    "bitmapPseudoMerge.tags.threshold=now",
    "bitmapPseudoMerge.tags.stableThreshold=now",
  ],
];

/** A file with the objects that it is about: their ids by index position, those of the layers below not among them. */
interface Opened {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly view: BitmapView;
  readonly idAt: (position: number) => string;
}

function read(path: string): MemorySource {
  return new MemorySource(path, Uint8Array.from(readFileSync(path)));
}

function openAt(path: string, place: BitmapPlace, idAt: (layerPosition: number) => Uint8Array): Opened {
  const source = read(path);
  return {
    path,
    bytes: source.bytes,
    view: openBitmap(source, place),
    idAt: (position) => toHex(idAt(position - place.objectsBelow)),
  };
}

/** Every bitmap there is in a history: of packs, of the MIDX, of layers from the oldest. */
function bitmapsOf(history: BitmapHistory): Opened[] {
  const format = history.format === "sha1" ? sha1 : sha256;
  const path = (name: string) => join(history.packDir, name);
  const chain = history
    .files("multi-pack-index-chain")
    .flatMap((name) => readFileSync(path(name), "utf8").trim().split("\n"));
  const names = [
    ...history.files(".bitmap").filter((name) => !name.startsWith("multi-pack-index.d")),
    ...chain.map((checksum) => `multi-pack-index.d/multi-pack-index-${checksum}.bitmap`),
  ];
  let objectsBelow = 0;
  return names.map((name) => {
    if (name.startsWith("pack-")) {
      const idx = new IdxView(read(path(name.replace(/bitmap$/, "idx"))), format);
      return openAt(path(name), { format, objectCount: idx.count, objectsBelow: 0 }, (position) =>
        idx.ids.idAt(position),
      );
    }
    const isLayer = name.startsWith("multi-pack-index.d");
    const midx = openMidx(read(path(isLayer ? name.replace(/bitmap$/, "midx") : "multi-pack-index")), format);
    const place = { format, objectCount: midx.count, objectsBelow };
    if (isLayer) objectsBelow += midx.count;
    return openAt(path(name), place, (position) => midx.ids.idAt(position as LayerPosition));
  });
}

function encoded(view: BitmapView): Buffer {
  return Buffer.concat([...new BitmapEncoder(contentAgain(view)).blocks(env.createHasher(view.format))]);
}

/** Checks a file as its git wrote it: made anew it is the same, and each commit has the bits and the checksum that a git tells. */
function checkFile({ bytes, view, idAt, path }: Opened, history: BitmapHistory, writer: GitBinary): void {
  const made = encoded(view);
  if (view.hasPseudoMerges && !isAtLeast(writer, 2, 55)) {
    const again = openBitmap(new MemorySource(path, new Uint8Array(made)), view.layout.place);
    assert.deepEqual(pseudoMergesOf(again.pseudoMerges()!), pseudoMergesOf(view.pseudoMerges()!));
    assert.equal(made.length, bytes.length);
  } else assert.ok(made.equals(bytes), path);
  const entries = [...view.entries()];
  assert.ok(entries.length > 5 && entries.some(({ xorOffset }) => xorOffset > 0));
  for (const [i, entry] of entries.entries()) {
    if (i % scale(30, 1) !== 0) continue;
    const id = idAt(entry.position);
    const { stderr } = runGit(history.git, ["rev-list", "--test-bitmap", id], { cwd: history.path });
    const ewah = view.resolvedEwahOf(entry);
    const checksum = ewah.checksum().toString(16).padStart(8, "0");
    assert.ok(stderr.includes(`Found bitmap for '${id}'. ${ewah.bitSize} bits / ${checksum} checksum`), stderr);
    assert.equal(view.bitsOf(entry).count(), history.reached(id).length);
  }
}

for (const format of ["sha1", "sha256"] as const) {
  const history = new BitmapHistory({ format, seed: 3 });
  history.grow(60);
  history.grow(30);

  for (const writer of gits()) {
    test(`bitmaps of packs and of the MIDX that ${writer.label} writes in ${format} are made again byte for byte`, () => {
      for (const [i, settings] of sections.entries()) {
        // One format is enough for what is the same in both.
        if (format === "sha256" && i < scale(2, 0)) continue;
        const set = settings.flatMap((setting) => ["-c", setting]);
        history.run([...set, "repack", "-adbq"], writer);
        const [ofPack, ...others] = bitmapsOf(history);
        assert.equal(others.length, 0);
        checkFile(ofPack!, history, writer);
        assert.equal(ofPack!.view.hasLookupTable, i > 0);
        rmSync(ofPack!.path);
        history.run([...set, "multi-pack-index", "write", "--bitmap"], writer);
        const [ofMidx] = bitmapsOf(history);
        checkFile(ofMidx!, history, writer);
        assert.equal(ofMidx!.view.hasPseudoMerges, i === 2 && isAtLeast(writer, 2, 46));
        history.run(["multi-pack-index", "write"], writer);
        for (const name of history.files("multi-pack-index")) rmSync(join(history.packDir, name));
        for (const name of history.files(".bitmap")) rmSync(join(history.packDir, name));
      }
    });
  }

  const chained = gitAtLeast(2, 55);
  if (chained !== undefined) {
    test(`bitmaps of layers that git writes in ${format} are made again byte for byte`, () => {
      const layered = new BitmapHistory({ format, seed: 4 });
      for (const [i, settings] of sections.entries()) {
        layered.grow(40);
        const set = settings.flatMap((setting) => ["-c", setting]);
        layered.run([...set, "multi-pack-index", "write", "--incremental", "--bitmap"], chained);
        const files = bitmapsOf(layered);
        assert.equal(files.length, i + 1);
        checkFile(files.at(-1)!, layered, chained);
        assert.equal(files.at(-1)!.view.layout.place.objectsBelow > 0, i > 0);
      }
    });
  }
}

test("what is wrong with a file is said in git's words", () => {
  const git = newestGit();
  const history = new BitmapHistory({ git, seed: 5 });
  history.grow(80);
  for (const lookupTable of [false, true]) {
    history.run(["-c", `pack.writeBitmapLookupTable=${lookupTable}`, "repack", "-adbq"]);
    const [{ path, bytes, view, idAt }] = bitmapsOf(history) as [Opened];
    const damages = [...headerDamages(bytes, view), ...entryDamages(bytes, view)];
    if (lookupTable) damages.push(...lookupDamages(bytes, view));
    chmodSync(path, 0o644);
    let compared = 0;
    const refs = history.run(["for-each-ref", "--format=%(objectname)", "refs/heads"]).split("\n");
    for (const damage of damages.filter((one) => one.git)) {
      writeFileSync(path, damage.bytes);
      const count = ["rev-list", "--count", "--objects", "--use-bitmap-index", ...refs];
      const args = damage.position === undefined ? count : ["rev-list", "--test-bitmap", idAt(damage.position)];
      const run = runGit(git, args, { cwd: history.path, status: "any" });
      assert.ok(run.stderr.includes(`error: ${damage.message}\n`), `${damage.what}: ${damage.message}\n${run.stderr}`);
      compared++;
    }
    assert.ok(compared >= 5);
    rmSync(path);
  }
});
