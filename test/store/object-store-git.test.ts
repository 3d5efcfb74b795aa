import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withRanges } from "../../src/bytes/source.js";
import { type ObjectFormat, objectFormatByName, oidFromHex, toHex } from "../../src/core/oid.js";
import { type FetchedFiles, FetchedFs } from "../../src/store/fetched-fs.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { ObjectStore, type ObjectStoreOptions } from "../../src/store/object-store.js";
import { type PackEntry, packEntries } from "../../src/store/pack-entries.js";
import type { PackFs } from "../../src/store/pack-fs.js";
import { newestGit, runGit } from "../support/gits.js";
import { type MadeRepository, makeRepository } from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import { smallCache } from "../support/sources.js";
import { makeTempFolder } from "../support/temp.js";

interface GitObject {
  readonly oid: string;
  readonly type: string;
  readonly diskSize: number;
  readonly deltaBase: string;
  readonly bytes: Uint8Array;
}

const git = newestGit();

function gitIn({ path }: MadeRepository, args: readonly string[], input?: string | Uint8Array) {
  return runGit(git, args, { cwd: path, ...(input === undefined ? {} : { input }) });
}

/** Every object of a repository as git reads it. */
function gitObjects(repository: MadeRepository): GitObject[] {
  const format = "%(objectname) %(objecttype) %(objectsize) %(objectsize:disk) %(deltabase)";
  const { bytes } = gitIn(repository, ["cat-file", `--batch=${format}`, "--batch-all-objects"]);
  const objects: GitObject[] = [];
  for (let at = 0; at < bytes.length; ) {
    const line = bytes.indexOf(10, at);
    const words = new TextDecoder("latin1").decode(bytes.subarray(at, line)).split(" ");
    const [oid = "", type = "", size = "", diskSize = "", deltaBase = ""] = words;
    const end = line + 1 + Number(size);
    objects.push({ oid, type, diskSize: Number(diskSize), deltaBase, bytes: bytes.subarray(line + 1, end) });
    at = end + 1;
  }
  assert.ok(objects.length > 0);
  return objects;
}

function directoriesOf(repository: MadeRepository, fs: PackFs = new NodeFs(), path = repository.objectDir) {
  return [new ObjectDirectory(fs, path, objectFormatByName(repository.format)!)];
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk.slice());
  return new Uint8Array(Buffer.concat(parts));
}

/** Reads every object in every way and compares it with git's. */
async function assertReads(store: ObjectStore, repository: MadeRepository): Promise<void> {
  const { format } = store;
  for (const object of gitObjects(repository)) {
    const oid = oidFromHex(object.oid, format);
    const wanted = { type: object.type, size: object.bytes.length };
    assert.deepEqual(await store.readHeader(oid), wanted, object.oid);
    const read = await store.read(oid);
    assert.equal(read?.type, object.type);
    assert.ok(Buffer.compare(read.bytes, object.bytes) === 0, object.oid);
    assert.deepEqual(await store.readHeader(oid), wanted);
    const stream = await store.openStream(oid);
    assert.deepEqual([stream?.type, stream?.size], [object.type, object.bytes.length]);
    assert.ok(Buffer.compare(await collect(stream!.chunks), object.bytes) === 0, object.oid);
    assert.ok(await store.has(oid));
  }
}

async function assertStore(repository: MadeRepository, options: ObjectStoreOptions = {}): Promise<void> {
  const store = await ObjectStore.open(directoriesOf(repository), options);
  await assertReads(store, repository);
  store.close();
}

/** The whole repository once more. */
function copyOf(repository: MadeRepository): MadeRepository {
  const path = join(makeTempFolder("copy"), "r");
  cpSync(repository.path, path, { recursive: true });
  const moved = (folder: string) => path + folder.slice(repository.path.length);
  const { gitDir, objectDir, packDir } = repository;
  return { ...repository, path, gitDir: moved(gitDir), objectDir: moved(objectDir), packDir: moved(packDir) };
}

/** Repacks everything into one pack with deltas of that kind. */
function repack(repository: MadeRepository, ...config: string[]): MadeRepository {
  const settings = config.flatMap((setting) => ["-c", setting]);
  gitIn(repository, [...settings, "repack", "-adfq", "--depth=20", "--window=20"]);
  return repository;
}

function firstPack(repository: MadeRepository): string {
  const name = readdirSync(repository.packDir).find((file) => file.endsWith(".pack"))!;
  return join(repository.packDir, name);
}

/** A file that grows line by line, so that packs have long chains of deltas. */
function growingHistory(format: "sha1" | "sha256"): MadeRepository {
  const repository = makeRepository({ format, packs: 2, objects: 12, git });
  let text = "";
  const commands = Array.from({ length: 40 }, (_, i) => {
    text += `line ${i} ${"x".repeat(i * 7)}\n`;
    const who = `committer C <c@example.com> ${1_700_000_000 + i} +0000`;
    return `commit refs/heads/growing\n${who}\ndata 2\nm\nM 100644 inline a/growing.txt\ndata ${text.length}\n${text}\nM 100644 inline empty\ndata 0\n\n`;
  });
  gitIn(repository, ["fast-import", "--quiet"], commands.join(""));
  gitIn(repository, ["tag", "-a", "-m", "a tag", "tagged", "growing"]);
  return repository;
}

const histories = { sha1: growingHistory("sha1"), sha256: growingHistory("sha256") };

for (const format of ["sha1", "sha256"] as const) {
  test(`objects with OFS and with REF deltas are read as git reads them (${format})`, async () => {
    for (const useOffsets of [true, false]) {
      const repository = repack(copyOf(histories[format]), `repack.useDeltaBaseOffset=${useOffsets}`);
      const deltas = gitObjects(repository).filter(({ deltaBase }) => /[1-9a-f]/.test(deltaBase));
      assert.ok(deltas.length > 20, `${deltas.length} deltas`);
      await assertStore(repository);
      await assertStore(repository, { deltaBaseCacheLimit: 0, verify: true });
    }
  });
}

test("packs with and without multi-pack-index, loose objects and alternates give every object", async () => {
  const made = makeRepository({ packs: 4, objects: 10, duplicates: 0.3, git });
  gitIn(made, ["multi-pack-index", "write"]);
  gitIn(made, ["hash-object", "-w", "--stdin"], "loose\n");
  gitIn(made, ["hash-object", "-w", "--stdin"], "");
  await assertStore(made);
  await assertStore(made, { useMidx: false });
  const borrower = copyOf(histories.sha1);
  writeFileSync(join(borrower.objectDir, "info", "alternates"), `${made.objectDir}\n`);
  const fs = new NodeFs();
  const store = await ObjectStore.open([...directoriesOf(borrower, fs), ...directoriesOf(made, fs)]);
  await assertReads(store, borrower);
  store.close();
});

test("a pack of version 3 is read", async () => {
  const repository = repack(copyOf(histories.sha1));
  const path = firstPack(repository);
  const bytes = readFileSync(path);
  bytes[7] = 3;
  rmSync(path);
  writeFileSync(path, bytes);
  await assertStore(repository);
});

test("sizes on disk, bases and entries are those of git", async () => {
  for (const useOffsets of [true, false]) {
    const repository = repack(copyOf(histories.sha1), `repack.useDeltaBaseOffset=${useOffsets}`);
    const store = await ObjectStore.open(directoriesOf(repository));
    const [pack] = store.packs();
    await pack!.open();
    const entries = new Map<string, PackEntry>();
    let last = 0;
    for await (const batch of packEntries(pack!)) {
      for (const entry of batch) {
        assert.ok(entry.offset > last);
        last = entry.offset;
        entries.set(entry.oid, entry);
      }
    }
    for (const { oid, type, diskSize, deltaBase } of gitObjects(repository)) {
      const location = await store.location(oidFromHex(oid, store.format));
      assert.ok(location?.kind === "packed");
      assert.equal(pack!.entryEnd(location.offset) - location.offset, diskSize);
      const entry = entries.get(oid)!;
      assert.deepEqual([entry.offset, entry.type, entry.packedSize], [location.offset, type, diskSize]);
      assert.equal(entry.delta?.baseOid ?? "0".repeat(40), deltaBase);
      const header = store.entryAt(pack!, location.offset);
      assert.equal(header.baseOffset === undefined && header.baseId === undefined, entry.delta === undefined);
    }
    const lines = gitIn(repository, ["verify-pack", "-v", firstPack(repository)]).stdout.split("\n");
    const wanted = lines.filter((line) => /^[0-9a-f]{40} /.test(line)).map((line) => line.replace(/ +/g, " "));
    const ours = [...entries.values()].map(({ oid, type, size, packedSize, offset, delta }) =>
      [oid, type, size, packedSize, offset, ...(delta ? [delta.depth, delta.baseOid] : [])].join(" "),
    );
    assert.deepEqual(ours.sort(), wanted.sort());
    store.close();
  }
});

test("the checksums of entries are those of git's index", async () => {
  const repository = repack(copyOf(histories.sha1));
  const store = await ObjectStore.open(directoriesOf(repository));
  const idx = readFileSync(firstPack(repository).replace(/pack$/, "idx"));
  const shown = gitIn(repository, ["show-index"], idx).stdout.trim().split("\n");
  const ours: string[] = [];
  for await (const batch of packEntries(store.packs()[0]!)) {
    for (const { offset, oid, crc32 } of batch) ours.push(`${offset} ${oid} (${crc32!.toString(16).padStart(8, "0")})`);
  }
  assert.deepEqual(ours.sort(), shown.sort());
  store.close();
});

/** An object directory on disk, as files that are fetched. */
function fetchedFiles(objectDir: string): FetchedFiles {
  return {
    async open(path) {
      const file = join(objectDir, path);
      const stat = statSync(file, { throwIfNoEntry: false });
      if (!stat?.isFile()) return undefined;
      const bytes = readFileSync(file);
      const fetch = async (offset: number, byteLength: number) => bytes.subarray(offset, offset + byteLength);
      return { size: bytes.length, fetch };
    },
    async list(path) {
      return readdirSync(join(objectDir, path));
    },
  };
}

test("packs and loose objects that are fetched give every object, with the smallest cache", async () => {
  const repository = repack(copyOf(histories.sha1), "repack.useDeltaBaseOffset=false");
  gitIn(repository, ["hash-object", "-w", "--stdin"], "loose\n");
  const fs = new FetchedFs(fetchedFiles(repository.objectDir), { cache: smallCache() });
  const store = await ObjectStore.open(directoriesOf(repository, fs, ""));
  await assertReads(store, repository);
  store.close();
});

test("an object that a repack moves is found again, and one that is being read can be read on", async () => {
  const repository = makeRepository({ packs: 3, objects: 10, git });
  const store = await ObjectStore.open(directoriesOf(repository));
  const objects = gitObjects(repository);
  const [first] = objects;
  assert.ok(await store.read(oidFromHex(first!.oid, store.format)));
  const held = store.locatePacked(oidFromHex(first!.oid, store.format))!;
  gitIn(repository, ["repack", "-adfq"]);
  await assertReads(store, repository);
  assert.ok(Buffer.compare(store.readAt(held.pack, held.offset).bytes, first!.bytes) === 0);
  gitIn(repository, ["multi-pack-index", "write"]);
  gitIn(repository, ["hash-object", "-w", "--stdin"], "new\n");
  const late = gitIn(repository, ["hash-object", "-w", "--stdin"], "newer\n").stdout.trim();
  gitIn(repository, ["repack", "-dq"]);
  assert.equal((await store.read(oidFromHex(late, store.format)))?.type, "blob");
  await assertReads(store, repository);
  store.close();
});

test("a large blob comes in pieces, packed or loose", async () => {
  const repository = makeRepository({ packs: 1, objects: 5, git });
  const bytes = new Uint8Array(scale(5, 50) << 20);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7 + (i >> 9) * 13 + ((i * i) >> 5)) & 255;
  const oid = gitIn(repository, ["hash-object", "-w", "--stdin"], bytes).stdout.trim();
  for (const packed of [false, true]) {
    if (packed) {
      gitIn(repository, ["pack-objects", "-q", join(repository.packDir, "pack")], `${oid}\n`);
      gitIn(repository, ["prune-packed"]);
    }
    const store = await ObjectStore.open(directoriesOf(repository));
    const id = oidFromHex(oid, store.format);
    const location = await store.location(id);
    assert.equal(location?.kind, packed ? "packed" : "loose");
    const stream = await store.openStream(id);
    assert.deepEqual([stream?.type, stream?.size], ["blob", bytes.length]);
    let pieces = 0;
    let at = 0;
    for await (const piece of stream!.chunks) {
      assert.ok(piece.length <= 1 << 16);
      assert.ok(Buffer.compare(piece, bytes.subarray(at, at + piece.length)) === 0);
      at += piece.length;
      pieces++;
    }
    assert.equal(at, bytes.length);
    assert.ok(pieces > 50);
    const read = await store.read(id);
    assert.ok(Buffer.compare(read!.bytes, bytes) === 0);
    store.close();
  }
});

test("kept and promisor packs are known, and the times in a cruft pack", async () => {
  const repository = makeRepository({ packs: 2, objects: 5, git });
  const oid = gitIn(repository, ["hash-object", "-w", "--stdin"], "unreachable\n").stdout.trim();
  gitIn(repository, ["repack", "--cruft", "-dq", "--no-write-bitmap-index"]);
  writeFileSync(join(repository.packDir, `${repository.packs[0]!.name}.keep`), "");
  const store = await ObjectStore.open(directoriesOf(repository));
  for (const pack of store.packs()) {
    assert.equal(await pack.has("keep"), pack.name === `${repository.packs[0]!.name}.idx`);
    assert.equal(await pack.has("promisor"), false);
    const mtimes = await pack.openMtimes();
    const offset = pack.find(oidFromHex(oid, store.format));
    assert.equal(mtimes !== undefined, offset !== undefined);
    if (mtimes === undefined) continue;
    const now = Date.now() / 1000;
    const mtime = mtimes.mtimeAt((await withRanges(() => pack.idxPositionOf(offset!)))!);
    assert.ok(mtime > now - 600 && mtime < now + 600, `${mtime}`);
    assert.deepEqual(mtimes.packChecksum(), pack.idx.packChecksum());
    mtimes.source.close();
  }
  store.close();
});

test("a missing object is undefined, in every way of reading", async () => {
  const repository = makeRepository({ packs: 1, objects: 5, git });
  const store = await ObjectStore.open(directoriesOf(repository));
  const oid = oidFromHex("1".repeat(40), store.format);
  assert.equal(store.readPacked(oid), undefined);
  assert.equal(await store.read(oid), undefined);
  assert.equal(await store.readHeader(oid), undefined);
  assert.equal(await store.openStream(oid), undefined);
  assert.equal(await store.location(oid), undefined);
  assert.equal(await store.has(oid), false);
  store.close();
});

test("what stands in for an object is read in its place", async () => {
  const repository = makeRepository({ packs: 1, objects: 5, git });
  const blobs = gitObjects(repository).filter(({ type }) => type === "blob");
  const format: ObjectFormat = objectFormatByName("sha1")!;
  const [from, to] = blobs.map(({ oid }) => oidFromHex(oid, format));
  const replace = (oid: Uint8Array) => (toHex(oid) === toHex(from!) ? to : undefined);
  const store = await ObjectStore.open(directoriesOf(repository), { replace, verify: true });
  assert.ok(Buffer.compare((await store.read(from!))!.bytes, blobs[1]!.bytes) === 0);
  assert.equal((await store.readHeader(from!))?.size, blobs[1]!.bytes.length);
  store.close();
});
