// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { isGitmidxError } from "../../src/core/errors.js";
import type { ObjectType } from "../../src/core/object-type.js";
import { oidFromHex, sha1, sha256, toHex } from "../../src/core/oid.js";
import { FetchedFs } from "../../src/store/fetched-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { ObjectStore } from "../../src/store/object-store.js";
import { packEntries } from "../../src/store/pack-entries.js";
import { fixtureFiles } from "../support/fetched-files.js";
import { type IndexedEntry, packFiles } from "../support/indexed-pack.js";
import { memoryDirectory } from "../support/midx-fixtures.js";
import { mutate } from "../support/mutate.js";
import { seededRandom } from "../support/random.js";
import { appendDelta, objectId, RawPack, sizeBytes } from "../support/raw-pack.js";
import { scale } from "../support/scale.js";
import { smallCache } from "../support/sources.js";
import { watchFs } from "../support/watch-fs.js";

type Files = [path: string, bytes: Uint8Array][];

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString("latin1");
}

/** A chain of deltas, each with a byte more than its base; bases are given by offset and by id in turn. */
function chain(depth: number) {
  const pack = new RawPack();
  let content = "base\n";
  let offset = pack.add("blob", content);
  const entries: IndexedEntry[] = [{ id: objectId("blob", content), offset }];
  for (let i = 0; i < depth; i++) {
    const added = String.fromCharCode(97 + (i % 26));
    const delta = appendDelta(content.length, added);
    offset = i % 2 === 0 ? pack.addOfsDelta(offset, delta) : pack.addRefDelta(entries.at(-1)!.id, delta);
    content += added;
    entries.push({ id: objectId("blob", content), offset });
  }
  return { entries, content, files: packFiles(pack.finish(), entries) };
}

function openFiles(files: Files, format = sha1, options = {}) {
  return ObjectStore.open([memoryDirectory(files, format).directory], options);
}

test("a chain of 10,000 deltas, by offsets and by ids, is read from its end with and without a cache", async () => {
  const { entries, content, files } = chain(10_000);
  for (const deltaBaseCacheLimit of [undefined, 0]) {
    const store = await openFiles(files, sha1, { deltaBaseCacheLimit });
    const { id } = entries.at(-1)!;
    assert.deepEqual(await store.readHeader(id), { type: "blob", size: content.length });
    assert.equal(text((await store.read(id))?.bytes), content);
    assert.equal(text(store.readPacked(entries[5_000]!.id)?.bytes), content.slice(0, 5 + 5_000));
    store.close();
  }
});

test("depth and bases of a chain are listed, wherever the bases are", async () => {
  const pack = new RawPack();
  const base = objectId("blob", "base\n");
  const middle = objectId("blob", "base\na");
  const entries = [
    { id: objectId("blob", "base\nab"), offset: pack.addRefDelta(middle, appendDelta(6, "b")) },
    { id: middle, offset: pack.addRefDelta(base, appendDelta(5, "a")) },
    { id: base, offset: pack.add("blob", "base\n") },
  ];
  const store = await openFiles(packFiles(pack.finish(), entries));
  const listed = [];
  for await (const batch of packEntries(store.packs()[0]!)) listed.push(...batch);
  assert.deepEqual(
    listed.map(({ oid, type, delta }) => [oid, type, delta?.depth, delta?.baseOid]),
    [
      [toHex(entries[0]!.id), "blob", 2, toHex(middle)],
      [toHex(middle), "blob", 1, toHex(base)],
      [toHex(base), "blob", undefined, undefined],
    ],
  );
  assert.equal(text((await store.read(entries[0]!.id))?.bytes), "base\nab");
  store.close();
});

test("every type and an object without content are read, over SHA-256 too", async () => {
  for (const format of ["sha1", "sha256"] as const) {
    const contents: [ObjectType, string][] = [
      ["commit", "tree x\n"],
      ["tree", ""],
      ["blob", ""],
      ["tag", "tag"],
      ["blob", "\0\xff".repeat(5_000)],
    ];
    const pack = new RawPack(format);
    const entries = contents.map(([type, content]) => ({
      id: objectId(type, content, format),
      offset: pack.add(type, content),
    }));
    const store = await openFiles(
      packFiles(pack.finish(), entries, format === "sha1" ? sha1 : sha256),
      format === "sha1" ? sha1 : sha256,
    );
    for (const [i, [type, content]] of contents.entries()) {
      const object = await store.read(entries[i]!.id);
      assert.deepEqual([object?.type, text(object?.bytes)], [type, content]);
      assert.deepEqual(store.readPackedHeader(entries[i]!.id), { type, size: content.length });
    }
    store.close();
  }
});

test("what is read stays as it was, whatever is read later", async () => {
  const { entries, files } = chain(200);
  const store = await openFiles(files, sha1, { deltaBaseCacheLimit: 0 });
  const read = [];
  for (const { id } of entries) read.push((await store.read(id))!.bytes);
  for (const { id } of entries.toReversed()) store.peekPacked(id);
  for (const [i, { id }] of entries.entries()) assert.equal(toHex(objectId("blob", read[i]!)), toHex(id));
  store.close();
});

async function failure(store: ObjectStore, id: Uint8Array): Promise<{ code: string; message: string }> {
  try {
    await store.read(id);
  } catch (error) {
    assert.ok(isGitmidxError(error), `${error}`);
    return error;
  }
  return assert.fail("it was read");
}

test("deltas in a circle and deltas without a base are errors that name the place", async () => {
  const [a, b, c] = [objectId("blob", "a"), objectId("blob", "b"), objectId("blob", "c")];
  const pack = new RawPack();
  const entries = [
    { id: a, offset: pack.addRefDelta(b, appendDelta(1, "x")) },
    { id: b, offset: pack.addRefDelta(a, appendDelta(1, "x")) },
    { id: c, offset: pack.addRefDelta(objectId("blob", "elsewhere"), appendDelta(1, "x")) },
  ];
  const store = await openFiles(packFiles(pack.finish(), entries));
  const circle = await failure(store, a);
  assert.equal(circle.code, "unresolved-deltas");
  assert.match(circle.message, /^packed object [0-9a-f]{40} \(stored in .*\.pack\) is corrupt\n.*in a circle$/);
  const missing = await failure(store, c);
  assert.equal(missing.code, "missing-base");
  assert.match(missing.message, /\nfailed to validate delta base reference at offset \d+ from .*\.pack\nthe base /);
  assert.equal(store.readPacked(a), undefined);
  store.close();
});

/** A pack with one entry that claims what it likes. */
function liar(type: number, size: number, stream: Uint8Array, base?: Uint8Array) {
  const pack = new RawPack();
  const id = objectId("blob", "wanted");
  const whole = { id: objectId("blob", "whole"), offset: pack.add("blob", "whole") };
  const entries = [whole, { id, offset: pack.addEntry(type, size, base, stream) }];
  return { id, files: packFiles(pack.finish(), entries) };
}

test("memory is spent on what is there, not on what is claimed", async () => {
  const base = objectId("blob", "whole");
  const huge = Buffer.from([...sizeBytes(5), ...sizeBytes(100_000_000), 0x90, 5, 1, 97]);
  const cases = [
    liar(3, 100_000_000, deflateSync("small")),
    liar(3, 2 ** 53 - 1, deflateSync("small")),
    liar(3, 900, deflateSync(Buffer.alloc(50_000_000))),
    liar(7, huge.length, deflateSync(huge), base),
    liar(7, 2 ** 40, deflateSync(huge), base),
  ];
  for (const { id, files } of cases) {
    const store = await openFiles(files);
    await store.read(objectId("blob", "whole"));
    const before = process.memoryUsage();
    const { code } = await failure(store, id);
    const after = process.memoryUsage();
    assert.ok(["bad-zlib-stream", "bad-delta"].includes(code), code);
    assert.ok(after.arrayBuffers - before.arrayBuffers < 40e6, `${after.arrayBuffers - before.arrayBuffers} bytes`);
    store.close();
  }
  const size = Uint8Array.from([0xb0 | 15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x78, 0x9c]);
  const pack = new RawPack();
  const id = objectId("blob", "wanted");
  const entries = [{ id, offset: pack.addBytes(size) }];
  const other = await openFiles(packFiles(pack.finish(), entries));
  assert.match((await failure(other, id)).message, /object size too large for this platform/);
  other.close();
});

test("deltas that do not fit their base, or say other sizes than they make, are not applied", async () => {
  const base = objectId("blob", "whole");
  const deltas: [delta: number[], message: RegExp][] = [
    [[6, 5, 0x90, 5], /for a base of 6 bytes, but its base has 5/],
    [[5, 6, 0x90, 5], /delta replay has gone wild/],
    [[5, 4, 0x90, 5], /delta replay has gone wild/],
    [[5, 5, 0x91, 1, 5], /delta replay has gone wild/],
    [[5, 5, 0x90, 4, 0, 97], /unexpected delta opcode 0/],
    [[5, 1, 5, 97], /delta replay has gone wild/],
    [[5, 0], /delta replay has gone wild/],
    [[0x85, 0x80], /truncated delta/],
  ];
  for (const [delta, message] of deltas) {
    const bytes = Uint8Array.from(delta);
    const { id, files } = liar(7, bytes.length, deflateSync(bytes), base);
    const store = await openFiles(files);
    const error = await failure(store, id);
    assert.deepEqual([error.code, /\nfailed to apply delta\n/.test(error.message)], ["bad-delta", true], `${delta}`);
    assert.match(error.message, message);
    store.close();
  }
});

/** A pack with a family of objects and one more that is in no delta. */
function family() {
  const pack = new RawPack();
  const contents = ["root of the family\n".repeat(20)];
  let offset = pack.add("blob", contents[0]!);
  const entries = [{ id: objectId("blob", contents[0]!), offset }];
  for (const suffix of ["first child", "second child", "third child"]) {
    const parent = contents.at(-1)!;
    const delta = appendDelta(parent.length, suffix);
    offset = suffix.startsWith("second")
      ? pack.addRefDelta(entries.at(-1)!.id, delta)
      : pack.addOfsDelta(offset, delta);
    contents.push(parent + suffix);
    entries.push({ id: objectId("blob", contents.at(-1)!), offset });
  }
  return { bytes: Uint8Array.from(pack.finish()), entries, contents };
}

test("of a damaged pack each object is read right or refused with a code, at every byte", async () => {
  const { bytes, entries, contents } = family();
  const random = seededRandom(20_261_121);
  const rounds = scale(500, 20_000);
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    const damaged = round < bytes.length ? bytes.slice() : mutate(bytes, round).bytes;
    if (round < bytes.length) damaged[round]! ^= 1 << (random() % 8);
    const files = packFiles(bytes, entries, sha1, "pack-x");
    files[0] = ["pack-x.pack", Uint8Array.from(damaged)];
    const store = await openFiles(files);
    for (const [i, { id }] of entries.entries()) {
      try {
        const object = await store.read(id);
        const { size } = (await store.readHeader(id))!;
        assert.equal(size, object!.bytes.length);
        // The checksum of the stream covers content, not type; a delta with a changed instruction has a bad checksum.
        if (object!.type === "blob") assert.equal(text(object!.bytes), contents[i]);
      } catch (error) {
        if (!isGitmidxError(error)) throw new Error(`round ${round}: ${error}`, { cause: error });
        refused++;
      }
    }
    store.close();
  }
  assert.ok(refused > rounds / 2, `${refused} of ${4 * rounds} reads were refused`);
});

test("a damaged copy is passed over for another, and a damaged base is made good from elsewhere", async () => {
  const { bytes, entries, contents } = family();
  for (const [i, { offset, id }] of entries.entries()) {
    const damaged = bytes.slice();
    damaged[(entries[i + 1]?.offset ?? bytes.length - 20) - 2]! ^= 0x55;
    const spare = new RawPack();
    const copy = { id, offset: spare.add("blob", contents[i]!) };
    const [pack, idx] = packFiles(bytes, entries, sha1, "pack-young");
    const files: Files = [
      ...packFiles(spare.finish(), [copy], sha1, "pack-old"),
      [pack![0], Uint8Array.from(damaged)],
      idx!,
    ];
    const { fs, directory } = memoryDirectory(files, sha1);
    fs.utimes("/objects/pack/pack-old.pack", 1_700_000_000);
    fs.utimes("/objects/pack/pack-young.pack", 1_800_000_000);
    const warnings: string[] = [];
    const store = await ObjectStore.open([directory], { verify: true, warn: (message) => void warnings.push(message) });
    assert.equal(store.locatePacked(id)?.offset, offset);
    for (const [j, { id: other }] of entries.entries()) {
      const object = await store.read(other);
      assert.equal(text(object?.bytes), contents[j], `object ${j} with ${i} damaged`);
      assert.equal((await store.readHeader(other))?.size, contents[j]!.length);
    }
    store.close();
  }
});

test("with the option every object is compared with its id", async () => {
  const id = objectId("blob", "something else");
  const lying = new RawPack();
  const entries = [{ id, offset: lying.add("blob", "this") }];
  const lie = packFiles(lying.finish(), entries);
  const trusting = await openFiles(lie);
  assert.equal(text((await trusting.read(id))?.bytes), "this");
  trusting.close();
  const store = await openFiles(lie, sha1, { verify: true });
  const { code, message } = await failure(store, id);
  assert.equal(code, "object-id-mismatch");
  assert.match(message, /\nhash mismatch [0-9a-f]{40}\nthe blob of 4 bytes that was found has the id [0-9a-f]{40}$/);
  store.close();
});

/** An object directory in memory with one loose object. */
function loose(id: Uint8Array, bytes: Uint8Array) {
  const { fs, directory } = memoryDirectory([], sha1);
  const oid = toHex(id);
  fs.makeDirectories(`/objects/${oid.slice(0, 2)}`);
  fs.put(`/objects/${oid.slice(0, 2)}/${oid.slice(2)}`, bytes);
  return directory;
}

test("a damaged loose object is an error in git's words", async () => {
  const id = objectId("blob", "content");
  const oid = toHex(id);
  const object = (text: string) => deflateSync(Buffer.from(text, "latin1"));
  const good = object("blob 7\0content");
  const cases: [bytes: Uint8Array, code: string, line: string][] = [
    [Uint8Array.of(), "bad-object", `object file /objects/${oid.slice(0, 2)}/${oid.slice(2)} is empty`],
    [Uint8Array.of(1, 2, 3), "bad-object", `unable to unpack ${oid} header`],
    [object("blob 7content"), "bad-object", `header for ${oid} too long, exceeds 32 bytes`],
    [object("blob 07\0content"), "bad-object", `unable to parse ${oid} header`],
    [object("blob\0content"), "bad-object", `unable to parse ${oid} header`],
    [object("blub 7\0content"), "wrong-object-type", "invalid object type"],
    [object("blob 8\0content"), "bad-object", `corrupt loose object '${oid}'`],
    [object("blob 6\0content"), "bad-object", `corrupt loose object '${oid}'`],
    [good.subarray(0, -2), "bad-object", `corrupt loose object '${oid}'`],
    [Buffer.concat([good, Buffer.from("more")]), "trailing-garbage", `garbage at end of loose object '${oid}'`],
  ];
  for (const [bytes, code, line] of cases) {
    const store = await ObjectStore.open([loose(id, bytes)]);
    const error = await failure(store, id);
    assert.deepEqual([error.code, error.message.split("\n").at(-1)], [code, line]);
    assert.equal(
      error.message.split("\n")[0],
      `loose object ${oid} (stored in /objects/${oid.slice(0, 2)}/${oid.slice(2)}) is corrupt`,
    );
    store.close();
  }
  const store = await ObjectStore.open([loose(id, good)], { verify: true });
  assert.equal(text((await store.read(id))?.bytes), "content");
  assert.deepEqual(await store.readHeader(id), { type: "blob", size: 7 });
  store.close();
});

test("a repack while an object is looked for does not hide it", async () => {
  const { bytes, entries, contents } = family();
  const before = packFiles(bytes, entries, sha1, "pack-before");
  const { fs, directory } = memoryDirectory(before, sha1);
  let repacked = false;
  const watched = watchFs(fs, (call, path) => {
    if (repacked || call !== "openSource" || !path.endsWith(".pack")) return;
    repacked = true;
    for (const [name, content] of packFiles(bytes, entries, sha1, "pack-after"))
      fs.put(`/objects/pack/${name}`, content);
    for (const [name] of before) void fs.unlink(`/objects/pack/${name}`);
  });
  const store = await ObjectStore.open([new ObjectDirectory(watched.fs, directory.path, sha1)]);
  assert.equal(text((await store.read(entries[2]!.id))?.bytes), contents[2]);
  assert.deepEqual(
    store.packs().map(({ name }) => name),
    ["pack-after.idx"],
  );
  store.close();
  assert.deepEqual(watched.open, []);
});

test("a fetched pack is read by ranges: an object of a large pack does not fetch the pack", async () => {
  const pack = new RawPack();
  const random = seededRandom(1);
  const entries: IndexedEntry[] = [];
  const noise = (length: number) => Buffer.from(Uint8Array.from({ length }, () => random() & 255)).toString("latin1");
  for (let i = 0; i < 40; i++) {
    const content = noise(20_000);
    entries.push({ id: objectId("blob", content), offset: pack.add("blob", content) });
  }
  const long = noise(300_000);
  entries.push({ id: objectId("blob", long), offset: pack.add("blob", long) });
  const files = packFiles(pack.finish(), entries, sha1, "pack-x");
  const log: string[] = [];
  const served = fixtureFiles({ files: new Map(files) }, log);
  const list = async (path: string) => (path === "pack" ? files.map(([name]) => name) : []);
  const fs = new FetchedFs({ ...served, list }, { cache: smallCache() });
  const store = await ObjectStore.open([new ObjectDirectory(fs, "", sha1)]);
  const { id } = entries[17]!;
  const object = await store.read(id);
  assert.equal(toHex(objectId("blob", object!.bytes)), toHex(id));
  const fetched = log.filter((line) => line.includes(".pack")).map((line) => Number(line.split(" ")[2]));
  assert.ok(fetched.reduce((sum, length) => sum + length, 0) < 150_000, `${fetched}`);
  assert.equal(text((await store.read(oidFromHex(toHex(entries.at(-1)!.id), sha1)))?.bytes), long);
  const listed = [];
  for await (const batch of packEntries(store.packs()[0]!)) listed.push(...batch);
  assert.equal(listed.length, entries.length);
  store.close();
});
