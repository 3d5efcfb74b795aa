// portable
/** What a hostile pack can make us allocate: no more than it can justify. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { GitmidxError } from "../../src/core/errors.js";
import { sha1 } from "../../src/core/oid.js";
import { indexPackStream } from "../../src/ops/index-pack/index-pack.js";
import { Repository } from "../../src/repository.js";
import { MemoryFs } from "../../src/store/memory-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { ObjectStore } from "../../src/store/object-store.js";
import { indexOptions } from "../fuzz/pack-targets.js";
import { typedArrayBytesDuring } from "../support/allocations.js";
import { type IndexedEntry, packFiles } from "../support/indexed-pack.js";
import { objectId, RawPack, sizeBytes } from "../support/raw-pack.js";

/** Bytes that any work on a small pack may take: windows, tables, hashers. */
const allowance = 24 << 20;

interface Bomb {
  readonly pack: Buffer;
  readonly entries: readonly IndexedEntry[];
}

/** A pack whose last entry is the bomb; ids that it cannot have are made up. */
function bomb(build: (pack: RawPack) => readonly number[]): Bomb {
  const pack = new RawPack();
  const offsets = build(pack);
  const id = (i: number) => (i === 0 ? objectId("blob", base) : Buffer.alloc(20, 16 + i));
  return { pack: pack.finish(), entries: offsets.map((offset, i) => ({ id: id(i), offset })) };
}

const base = "base\n";
const million = 1_000_000;

const bombs: Readonly<Record<string, Bomb>> = {
  "a short delta that claims 100 MB": bomb((pack) => {
    const at = pack.add("blob", base);
    const delta = Buffer.from([...sizeBytes(base.length), ...sizeBytes(100 * million), ...Array(140).fill(0x90)]);
    return [at, pack.addOfsDelta(at, delta)];
  }),
  "a delta that claims 2^53 − 1 bytes": bomb((pack) => {
    const at = pack.add("blob", base);
    const delta = Buffer.from([...sizeBytes(base.length), ...sizeBytes(Number.MAX_SAFE_INTEGER), 1, 65]);
    return [at, pack.addOfsDelta(at, delta)];
  }),
  "a delta that claims a base of 2^53 − 1 bytes": bomb((pack) => {
    const at = pack.add("blob", base);
    const delta = Buffer.from([...sizeBytes(Number.MAX_SAFE_INTEGER), 1, 1, 65]);
    return [at, pack.addOfsDelta(at, delta)];
  }),
  "a blob of a few bytes that claims 4 GB": bomb((pack) => [
    pack.add("blob", base),
    pack.addEntry(3, 4 * 1024 * million, undefined, deflateSync("abc")),
  ]),
  "a tree of a few bytes that claims 300 MB": bomb((pack) => [
    pack.add("blob", base),
    pack.addEntry(2, 300 * million, undefined, deflateSync("abc")),
  ]),
  "a delta entry that claims 2^40 bytes": bomb((pack) => {
    const at = pack.add("blob", base);
    return [at, pack.addEntry(6, 2 ** 40, Buffer.from([1]), deflateSync("abc"))];
  }),
  "a size of 2^63": bomb((pack) => [
    pack.add("blob", base),
    pack.addBytes(Buffer.concat([Buffer.from([0xb0, ...Array(8).fill(0x80), 0x08]), deflateSync("abc")])),
  ]),
  "a zlib bomb that is larger than it claims": bomb((pack) => [
    pack.add("blob", base),
    pack.addEntry(3, 100, undefined, deflateSync(Buffer.alloc(200 * million))),
  ]),
  "a header that announces 2^32 − 1 objects": { pack: new RawPack().finish(0xffff_ffff), entries: [] },
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function emptyDirectory(): Promise<ObjectDirectory> {
  const fs = new MemoryFs();
  await fs.mkdir("/objects", 0o777);
  await fs.mkdir("/objects/pack", 0o777);
  return new ObjectDirectory(fs, "/objects", sha1);
}

/** Works that meet the bomb; each must end with a typed error. */
const works: Readonly<Record<string, (bomb: Bomb) => Promise<() => Promise<unknown>>>> = {
  "index-pack": async ({ pack }) => {
    const directory = await emptyDirectory();
    return () => indexPackStream(directory, { stream: once(pack) }, indexOptions(sha1));
  },
  "unpack-objects": async ({ pack }) => {
    const { fs } = await emptyDirectory();
    const repository = await Repository.open({ fs, objectDirectory: "/objects" });
    return async () => {
      const { outcome } = await repository.unpackObjects(once(pack), { trusted: true });
      if (outcome === "faulty") throw new GitmidxError("bad-zlib-stream", "an entry cannot be read");
    };
  },
  "reading objects": async ({ pack, entries }) => {
    const directory = await emptyDirectory();
    for (const [name, bytes] of packFiles(pack, entries)) {
      const file = await directory.fs.create(`/objects/pack/${name}`, 0o444);
      await file.write(bytes);
      await file.close();
    }
    const store = await ObjectStore.open([directory], { deltaBaseCacheLimit: 1 << 20 });
    return async () => {
      for (const { id } of entries.slice(1)) await store.read(id);
      if (entries.length === 0) throw new GitmidxError("bad-header", "there is nothing to read");
    };
  },
};

for (const [name, made] of Object.entries(bombs)) {
  for (const [doing, prepare] of Object.entries(works)) {
    test(`${doing} spends no memory on ${name}`, async () => {
      const work = await prepare(made);
      let outcome: unknown;
      const bytes = await typedArrayBytesDuring(async () => {
        outcome = await work().catch((error: unknown) => error);
      });
      assert.ok(outcome instanceof GitmidxError, `${outcome}`);
      assert.ok(bytes < allowance, `${bytes} bytes of typed arrays`);
    });
  }
}
