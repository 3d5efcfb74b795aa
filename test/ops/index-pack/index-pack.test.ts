// portable
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { MemorySource } from "../../../src/bytes/source.js";
import { isGitmidxError } from "../../../src/core/errors.js";
import { sha1, sha256 } from "../../../src/core/oid.js";
import type { IdxPosition } from "../../../src/core/positions.js";
import { IdxView } from "../../../src/formats/idx/view.js";
import { EntryFinder } from "../../../src/ops/index-pack/find-entry.js";
import { ObjectStore } from "../../../src/store/object-store.js";
import { defaultOptions, emptyDirectory, indexInMemory, receive } from "../../support/index-pack-run.js";
import { appendDelta, objectId, RawPack, sizeBytes } from "../../support/raw-pack.js";

function viewOf(idx: Uint8Array, format = sha1): IdxView {
  return new IdxView(new MemorySource("x.idx", idx), format);
}

test("whatever the pieces in which a pack comes, its index is the same", async () => {
  const pack = new RawPack();
  const base = pack.add("blob", "a blob\n".repeat(50));
  pack.addOfsDelta(base, appendDelta(350, "more"));
  pack.addRefDelta(objectId("blob", "a blob\n".repeat(50)), appendDelta(350, "less"));
  const random = Buffer.from(Array.from({ length: 40_000 }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 13) & 255));
  pack.add("blob", random);
  const bytes = pack.finish();
  const { idx } = await indexInMemory(bytes);
  for (const pieces of [1, 7, 100, 1 << 20]) {
    const { fs, directory } = emptyDirectory();
    const { packPath, indexPath, checksum } = await receive(directory, bytes, { pieces });
    assert.equal(packPath, `/objects/pack/pack-${checksum}.pack`);
    assert.deepEqual(await fs.readFile(indexPath), idx, `pieces of ${pieces} bytes`);
    assert.deepEqual(await fs.readFile(packPath), new Uint8Array(bytes));
  }
});

test("the ids in an index are those of the objects, for random objects and deltas", async () => {
  const object = fc.record({
    type: fc.constantFrom("blob", "tag", "commit", "tree"),
    content: fc.uint8Array({ maxLength: 300 }),
  });
  const growth = fc.record({ of: fc.nat(), suffix: fc.uint8Array({ minLength: 1, maxLength: 40 }), ref: fc.boolean() });
  const format = fc.constantFrom(sha1, sha256);
  await fc.assert(
    fc.asyncProperty(
      format,
      fc.array(object, { minLength: 1, maxLength: 12 }),
      fc.array(growth, { maxLength: 20 }),
      async (hash, objects, growths) => {
        const pack = new RawPack(hash.name);
        const all = objects.map(({ type, content }) => ({
          type: type as "blob",
          content: Buffer.from(content),
          at: pack.add(type as "blob", content),
        }));
        for (const { of, suffix, ref } of growths) {
          const { type, content, at } = all[of % all.length]!;
          const delta = appendDelta(content.length, suffix);
          if (delta.length < 4) continue;
          const id = objectId(type, content, hash.name);
          const next = ref ? pack.addRefDelta(id, delta) : pack.addOfsDelta(at, delta);
          all.push({ type, content: Buffer.concat([content, suffix]), at: next });
        }
        const { idx } = await indexInMemory(pack.finish(), { format: hash });
        const view = viewOf(idx, hash);
        assert.equal(view.count, all.length);
        const found = Array.from({ length: view.count }, (_, i) => {
          const id = Buffer.from(view.ids.idAt(i)).toString("hex");
          return `${id} ${view.offsetAt(i as IdxPosition)}`;
        });
        const wanted = all.map(
          ({ type, content, at }) => `${objectId(type, content, hash.name).toString("hex")} ${at}`,
        );
        assert.deepEqual(found.sort(), wanted.sort());
      },
    ),
    { numRuns: 40 },
  );
});

test("a delta of some bytes that promises 100 MB is refused before memory is taken for it", async () => {
  const pack = new RawPack();
  const promise = Buffer.from([...sizeBytes(3), ...sizeBytes(100_000_000), ...Array.from({ length: 140 }, () => 1)]);
  pack.addOfsDelta(pack.add("blob", "abc"), promise);
  const before = process.memoryUsage().arrayBuffers;
  await assert.rejects(indexInMemory(pack.finish()), (error) => isGitmidxError(error, "bad-delta"));
  assert.ok(process.memoryUsage().arrayBuffers - before < 20e6);
});

test("a stream that inflates to a gigabyte is read in bounded memory, and a size that is a lie takes none", async () => {
  const bomb = new RawPack();
  bomb.add("blob", Buffer.alloc(30_000_000));
  const before = process.memoryUsage().arrayBuffers;
  await indexInMemory(bomb.finish());
  assert.ok(process.memoryUsage().arrayBuffers - before < 25e6);
  for (const size of [2 ** 31, 2 ** 52]) {
    const lie = new RawPack();
    lie.addEntry(3, size, undefined, deflateSync("abc"));
    await assert.rejects(indexInMemory(lie.finish()), (error) => isGitmidxError(error, "bad-zlib-stream"));
  }
  const many = new RawPack();
  many.add("blob", "one");
  await assert.rejects(indexInMemory(many.finish(0xffff_ffff)), (error) => isGitmidxError(error));
});

test("deltas that rest on each other are unresolved", async () => {
  const pack = new RawPack();
  const ids = [Buffer.alloc(20, 1), Buffer.alloc(20, 2)];
  pack.addRefDelta(ids[0]!, appendDelta(3, "a"));
  pack.addRefDelta(ids[1]!, appendDelta(3, "b"));
  await assert.rejects(indexInMemory(pack.finish()), /^GitmidxError: pack has 2 unresolved deltas\n/);
});

test("an abort ends the work and leaves nothing", async () => {
  const pack = new RawPack();
  for (let i = 0; i < 20_000; i++) pack.add("blob", `blob ${i}`);
  const bytes = pack.finish();
  for (const title of ["Receiving objects", "Resolving deltas"]) {
    const { fs, directory } = emptyDirectory();
    const controller = new AbortController();
    const work = receive(directory, bytes, {
      signal: controller.signal,
      progress: (event) => {
        if (event.title === title || event.done > 5000) controller.abort();
      },
    });
    await assert.rejects(work, (error) => isGitmidxError(error, "aborted"));
    assert.deepEqual(await fs.list("/objects/pack"), []);
  }
});

test("a finder finds where entries begin from anywhere in a pack", () => {
  const pack = new RawPack();
  const offsets: number[] = [];
  for (let i = 0; i < 400; i++) offsets.push(pack.add("blob", createHash("sha512").update(`${i}`).digest()));
  const bytes = pack.finish();
  const end = bytes.length - 20;
  const finder = new EntryFinder(new MemorySource("x.pack", bytes), 20);
  for (let from = 12; from < end / 4; from += 37) {
    const found = finder.find(from, end);
    assert.equal(
      found,
      offsets.find((offset) => offset >= from),
      `from ${from}`,
    );
  }
});

test("objects that are there already are compared, and the same", async () => {
  const first = new RawPack();
  const base = first.add("blob", "one");
  first.addOfsDelta(base, appendDelta(3, "two"));
  const { directory } = emptyDirectory();
  await receive(directory, first.finish());
  const again = new RawPack();
  again.add("blob", "one");
  again.add("blob", "onetwo");
  again.add("blob", "three");
  const store = await ObjectStore.open([directory]);
  const directories = [directory];
  const { objects } = await receive(directory, again.finish(), { store, directories });
  assert.equal(objects, 3);
  store.close();
});

test("times of objects are written in the order of the index", async () => {
  const pack = new RawPack();
  for (const content of ["a", "b", "c"]) pack.add("blob", content);
  const { fs, directory } = emptyDirectory();
  const { indexPath } = await receive(directory, pack.finish(), { mtimeOf: (oid) => oid[0]! });
  const mtimes = Buffer.from(await fs.readFile(indexPath.replace(/idx$/, "mtimes")));
  const view = viewOf(await fs.readFile(indexPath));
  for (let i = 0; i < 3; i++) assert.equal(mtimes.readUInt32BE(12 + 4 * i), view.ids.idAt(i)[0]);
});

test("options that are not given are git's defaults", () => {
  const { settings } = defaultOptions();
  assert.equal(settings.baseCacheLimit, 96 * 2 ** 20);
  assert.equal(settings.bigFileThreshold, 512 * 2 ** 20);
  assert.equal(settings.compressionLevel, 1);
});
