// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { oidFromHex, sha1 } from "../../../src/core/oid.js";
import type { FoundObject, ObjectCopy } from "../../../src/ops/find-object/found-object.js";
import { ObjectFinder } from "../../../src/ops/find-object/object-finder.js";
import { FetchedFs } from "../../../src/store/fetched-fs.js";
import { openMidxStack } from "../../../src/store/midx-stack.js";
import { ObjectDirectory } from "../../../src/store/object-directory.js";
import type { PackedCopy } from "../../../src/store/packed-copy.js";
import { fakeIdx, fakeTable, randomTable } from "../../support/fake-idx.js";
import { fixtureFiles } from "../../support/fetched-files.js";
import { type Fixture, fixtureNames, memoryDirectory, readFixture } from "../../support/midx-fixtures.js";
import { smallCache } from "../../support/sources.js";
import { watchFs } from "../../support/watch-fs.js";

function openFixture(fixture: Fixture) {
  const { fs, directory } = memoryDirectory(fixture.files, fixture.format);
  // As git had them: each pack ten seconds younger than the one before.
  const packs = [...new Set(fixture.objects.map(({ idx }) => idx))];
  for (const [i, idx] of packs.entries())
    fs.utimes(`/objects/pack/${idx.replace(".idx", ".pack")}`, 1_700_000_000 + 10 * i);
  return { fs, directory, packs };
}

function idsOf(fixture: Fixture): string[] {
  return [...new Set(fixture.objects.map(({ oid }) => oid))];
}

function describe(copy: ObjectCopy): string {
  return copy.kind === "loose" ? `loose ${copy.path}` : `${copy.packName} ${copy.offset}`;
}

/** `PACK OFFSET` of every copy that git has of an object. */
function copiesOf(fixture: Fixture, oid: string): string[] {
  return fixture.objects.filter((object) => object.oid === oid).map(({ idx, offset }) => `${idx} ${offset}`);
}

async function found(finder: ObjectFinder, text: string, others = false): Promise<FoundObject> {
  const lookup = await finder.lookUp(text, { others });
  assert.equal(lookup.outcome, "found", text);
  return (lookup as { object: FoundObject }).object;
}

test("an object comes from where the multi-pack-index has it, and the others are all further copies that git has", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    const { directory } = openFixture(fixture);
    const finder = await ObjectFinder.open([directory]);
    const stack = await openMidxStack(directory);
    for (const oid of idsOf(fixture)) {
      const object = await found(finder, oid, true);
      const copy = object.copy as PackedCopy;
      const wanted = stack!.findObject(oidFromHex(oid, fixture.format))!;
      assert.equal(object.oid, oid);
      assert.deepEqual([copy.packName, copy.offset, copy.packId], [wanted.packName, wanted.offset, wanted.packId]);
      assert.deepEqual([copy.midx?.position, copy.midx?.layer.index], [wanted.position, wanted.layer.index]);
      assert.deepEqual([copy, ...object.others].map(describe).sort(), copiesOf(fixture, oid).sort());
      for (const other of object.others as readonly PackedCopy[]) {
        assert.deepEqual([other.midx, other.present], [undefined, true]);
        assert.equal(other.packId, stack!.packIdOf(other.packName));
      }
      assert.deepEqual(await found(finder, oid), { ...object, others: [] });
      assert.deepEqual(finder.findPacked(oidFromHex(oid, fixture.format)), copy);
    }
    finder.close();
  }
});

test("without the multi-pack-index an object comes from the youngest pack that has it", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    const { directory, packs } = openFixture(fixture);
    const finder = await ObjectFinder.open([directory], { useMidx: false });
    for (const oid of idsOf(fixture)) {
      const { copy, others } = await found(finder, oid, true);
      const byAge = copiesOf(fixture, oid).sort(
        (a, b) => packs.indexOf(b.split(" ")[0]!) - packs.indexOf(a.split(" ")[0]!),
      );
      assert.deepEqual([copy, ...others].map(describe), byAge);
      assert.deepEqual([(copy as PackedCopy).midx, (copy as PackedCopy).packId], [undefined, undefined]);
    }
  }
});

test("many lookups come in order, whatever kind each is of", async () => {
  const fixture = readFixture("chain-sha1");
  const finder = await ObjectFinder.open([openFixture(fixture).directory]);
  const ids = idsOf(fixture);
  const texts = [...ids, ids[0]!.slice(0, 12), "f".repeat(40), "nothex", ids[1]!.toUpperCase(), ""];
  const lookups = await finder.lookUpMany(texts);
  assert.deepEqual(lookups, await Promise.all(texts.map((text) => finder.lookUp(text))));
  const outcomes = lookups.slice(ids.length).map((lookup) => lookup.outcome);
  assert.deepEqual(outcomes, ["found", "missing", "invalid", "found", "invalid"]);
  assert.deepEqual(
    lookups.slice(0, ids.length).map((lookup) => (lookup as { object: FoundObject }).object.oid),
    ids,
  );
});

test("a prefix of several objects gives all their ids, of packs in and out of the multi-pack-index and of loose objects", async () => {
  const oid = (digits: string) => digits.padEnd(40, "0");
  const inPack = fakeIdx(
    fakeTable([
      { oid: oid("abcd1"), offset: 12 },
      { oid: oid("abcd2"), offset: 50 },
      { oid: oid("ff001"), offset: 99 },
    ]),
  );
  const fs = memoryDirectory(
    [
      ["pack-a.idx", inPack],
      ["pack-a.pack", new Uint8Array(32)],
    ],
    sha1,
  ).fs;
  fs.put(`/objects/ab/${oid("abcd3").slice(2)}`, new Uint8Array(1));
  fs.put(`/objects/ab/${oid("abcd1").slice(2)}`, new Uint8Array(1));
  fs.put("/objects/ab/cd-is-no-id", new Uint8Array(1));
  const finder = await ObjectFinder.open([new ObjectDirectory(fs, "/objects", sha1)]);
  const candidates = [oid("abcd1"), oid("abcd2"), oid("abcd3")];
  assert.deepEqual(await finder.lookUp("ABCD"), { outcome: "ambiguous", candidates });
  assert.deepEqual(await finder.lookUp("abcd30"), {
    outcome: "found",
    object: {
      oid: oid("abcd3"),
      copy: { kind: "loose", directory: "/objects", path: `/objects/ab/${oid("abcd3").slice(2)}` },
      others: [],
    },
  });
  const both = await found(finder, "abcd1", true);
  assert.deepEqual(
    [both.copy, ...both.others].map(({ kind }) => kind),
    ["packed", "loose"],
  );
  assert.equal((await finder.lookUp("abcd4")).outcome, "missing");
  for (const text of ["abc", "", "abcg", "0".repeat(41)]) assert.equal((await finder.lookUp(text)).outcome, "invalid");
});

test("where the multi-pack-index names a pack that is gone, the entry is given as gone unless git would find another copy", async () => {
  const fixture = readFixture("chain-sha1");
  const { fs, directory } = openFixture(fixture);
  const whole = await ObjectFinder.open([directory]);
  const shared = idsOf(fixture).find((oid) => copiesOf(fixture, oid).length > 1)!;
  const victim = (await found(whole, shared)).copy as PackedCopy;
  await fs.unlink(`/objects/pack/${victim.packName.replace(".idx", ".pack")}`);
  const loose = idsOf(fixture).find((oid) => copiesOf(fixture, oid)[0]!.startsWith(victim.packName) && oid !== shared)!;
  const loosePath = `/objects/${loose.slice(0, 2)}/${loose.slice(2)}`;
  fs.put(loosePath, new Uint8Array(1));
  const finder = await ObjectFinder.open([directory]);
  for (const oid of idsOf(fixture)) {
    const before = (await found(whole, oid)).copy as PackedCopy;
    const lost = before.packName === victim.packName;
    const { copy, others } = await found(finder, oid, true);
    if (oid === loose)
      assert.deepEqual([describe(copy), others], [`loose ${loosePath}`, [{ ...before, present: false }]]);
    else assert.deepEqual(copy, { ...before, present: !lost });
    assert.equal(finder.findPacked(oidFromHex(oid, sha1)) === undefined, lost);
    // Git does not look into other packs that the multi-pack-index covers: they hold further copies at most.
    if (oid === shared)
      assert.ok(others.length > 0 && (others as readonly PackedCopy[]).every(({ present }) => present));
  }
});

test("a multi-pack-index or an index that cannot be read is warned of, and what else there is serves", async () => {
  const fixture = readFixture("single-sha1");
  const { fs, directory } = openFixture(fixture);
  fs.put("/objects/pack/multi-pack-index", new Uint8Array(100));
  const broken = fixture.objects[0]!.idx;
  fs.put(`/objects/pack/${broken}`, fixture.files.get(broken)!.slice(0, 500));
  const warnings: string[] = [];
  const finder = await ObjectFinder.open([directory], { warn: (message) => warnings.push(message) });
  assert.equal(warnings.length, 2);
  assert.match(
    warnings[0]!,
    /^the multi-pack-index of \/objects cannot be used: multi-pack-index signature 0x00000000/,
  );
  assert.match(warnings[1]!, /^index file .* is too small$/);
  for (const oid of idsOf(fixture)) {
    const left = copiesOf(fixture, oid).filter((copy) => !copy.startsWith(broken));
    assert.equal((await finder.lookUp(oid)).outcome, left.length === 0 ? "missing" : "found");
  }
});

test("a chain that lacks a layer is warned of and used as far as it goes; the other packs' own indexes serve", async () => {
  const fixture = readFixture("chain-sha1");
  const { fs, directory } = openFixture(fixture);
  await fs.unlink(`/objects/pack/${fixture.midxPaths[2]}`);
  const warnings: string[] = [];
  const finder = await ObjectFinder.open([directory], { warn: (message) => warnings.push(message) });
  assert.deepEqual(warnings, ["unable to find all multi-pack index files"]);
  for (const oid of idsOf(fixture))
    assert.ok(copiesOf(fixture, oid).includes(describe((await found(finder, oid)).copy)));
});

test("all directories are searched: every multi-pack-index before any other pack", async () => {
  const fixture = readFixture("single-sha1");
  const { fs, directory } = openFixture(fixture);
  const [oid] = idsOf(fixture) as [string];
  const own = fakeIdx(
    fakeTable([
      { oid, offset: 777 },
      { oid: "ee".repeat(20), offset: 12 },
    ]),
  );
  fs.put("/own/pack/pack-own.idx", own);
  fs.put("/own/pack/pack-own.pack", new Uint8Array(32));
  const finder = await ObjectFinder.open([new ObjectDirectory(fs, "/own", sha1), directory]);
  const { copy, others } = await found(finder, oid, true);
  assert.deepEqual([copy.directory, (copy as PackedCopy).midx?.layer.index], ["/objects", 0]);
  assert.deepEqual([others[0]!.directory, describe(others[0]!)], ["/own", "pack-own.idx 777"]);
  assert.equal((await found(finder, "ee".repeat(20))).copy.directory, "/own");
});

test("everything is found over an asynchronous source with the smallest cache too", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    const fs = new FetchedFs(fixtureFiles(fixture), { cache: smallCache() });
    const finder = await ObjectFinder.open([new ObjectDirectory(fs, "", fixture.format)]);
    const expected = await ObjectFinder.open([openFixture(fixture).directory]);
    for (const oid of idsOf(fixture)) {
      for (const text of [oid, oid.slice(0, 10)]) {
        const [ours, wanted] = [await found(finder, text, true), await found(expected, text, true)];
        assert.deepEqual([ours.copy, ...ours.others].map(describe), [wanted.copy, ...wanted.others].map(describe));
      }
    }
    assert.deepEqual(await finder.lookUpMany(["0".repeat(fixture.format.hexLength)]), [{ outcome: "missing" }]);
  }
});

test("files are open while the finder is, and the contents of a directory are known to be outdated", async () => {
  const fixture = readFixture("chain-sha1");
  const memory = openFixture(fixture);
  const watched = watchFs(memory.fs);
  const finder = await ObjectFinder.open([new ObjectDirectory(watched.fs, "/objects", sha1)]);
  await finder.lookUp(idsOf(fixture)[0]!, { others: true });
  assert.ok(watched.open.length >= 3);
  assert.equal(await finder.isOutdated(), false);
  memory.fs.put("/objects/pack/pack-new.idx", fakeIdx(randomTable(3, 1)));
  assert.equal(await finder.isOutdated(), true);
  finder.close();
  assert.deepEqual(watched.open, []);
});

test("a repack that replaces packs while they are listed is looked at again", async () => {
  const fixture = readFixture("single-sha1");
  const { fs: memory } = openFixture(fixture);
  const repacked = fakeIdx(fakeTable(idsOf(fixture).map((oid, i) => ({ oid, offset: 12 + 40 * i }))));
  let done = false;
  const watched = watchFs(memory, (call, path) => {
    if (done || call !== "list" || path !== "/objects/pack" || watched.open.length === 0) return;
    done = true;
    for (const { idx } of fixture.objects)
      for (const name of [idx, idx.replace("idx", "pack")]) void memory.unlink(`/objects/pack/${name}`).catch(() => {});
    void memory.unlink("/objects/pack/multi-pack-index").catch(() => {});
    memory.put("/objects/pack/pack-new.idx", repacked);
    memory.put("/objects/pack/pack-new.pack", new Uint8Array(32));
  });
  const finder = await ObjectFinder.open([new ObjectDirectory(watched.fs, "/objects", sha1)]);
  assert.ok(done, "the repack took place");
  for (const oid of idsOf(fixture)) assert.match(describe((await found(finder, oid)).copy), /^pack-new\.idx /);
  finder.close();
  assert.deepEqual(watched.open, []);
});
