/** Packs as they are fuzzed: indexed, verified, unpacked and read. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { errorCodes, GitmidxError } from "../../src/core/errors.js";
import { type ObjectFormat, oidFromHex, toHex } from "../../src/core/oid.js";
import { ReceivedObjects } from "../../src/ops/fsck-objects/received-objects.js";
import { indexPackStream } from "../../src/ops/index-pack/index-pack.js";
import type { IndexPackOptions } from "../../src/ops/index-pack/options.js";
import { verifyPackFile } from "../../src/ops/verify-pack/verify-pack.js";
import { Repository } from "../../src/repository.js";
import { MemoryFs } from "../../src/store/memory-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { ObjectStore } from "../../src/store/object-store.js";
import { openIdx } from "../../src/store/open-idx.js";
import { privatePermissions } from "../../src/store/permissions.js";
import type { FuzzSample, FuzzTarget } from "../support/fuzz.js";
import { type SamplePack, samplePacks } from "../support/sample-packs.js";

/** A sample that knows what is in it. */
export interface PackSample extends FuzzSample {
  readonly pack: SamplePack;
}

const samples: readonly PackSample[] = samplePacks.map((pack) => ({
  name: pack.name,
  bytes: pack.bytes,
  regions: pack.regions,
  pack,
}));

/** The pack with the checksum that its bytes have: so that damage is not found by that alone. */
export function sealedPack(bytes: Uint8Array, format: ObjectFormat): Uint8Array {
  if (bytes.length < format.byteLength) return bytes;
  const sealed = bytes.slice();
  const body = sealed.subarray(0, sealed.length - format.byteLength);
  sealed.set(createHash(format.name).update(body).digest(), body.length);
  return sealed;
}

async function directoryWith(files: Readonly<Record<string, Uint8Array>>): Promise<MemoryFs> {
  const fs = new MemoryFs({ umask: 0o022 });
  await fs.mkdir("/objects", 0o777);
  await fs.mkdir("/objects/pack", 0o777);
  for (const [name, bytes] of Object.entries(files)) {
    const file = await fs.create(`/objects/pack/${name}`, 0o444);
    await file.write(bytes);
    await file.close();
  }
  return fs;
}

/** What the work gives, or the typed error that it ends with; any other error is the fuzzed code's fault. */
export async function typed<T>(work: Promise<T>): Promise<T | GitmidxError> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof GitmidxError)) throw error;
    assert.ok(errorCodes.includes(error.code), error.code);
    assert.notEqual(error.message, "");
    return error;
  }
}

export function indexOptions(format: ObjectFormat): IndexPackOptions {
  return {
    format,
    settings: {
      shared: privatePermissions,
      syncPack: false,
      syncMetadata: false,
      baseCacheLimit: 1 << 20,
      bigFileThreshold: 1 << 29,
      compressionLevel: -1,
    },
    detectCollisions: false,
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Every object of the pack is what its id says. */
async function checkIndexed(fs: MemoryFs, format: ObjectFormat): Promise<void> {
  const directory = new ObjectDirectory(fs, "/objects", format);
  const store = await ObjectStore.open([directory], { verify: true });
  try {
    for (const { idxPath } of await directory.listPacks()) {
      const idx = await openIdx(directory, idxPath);
      for (let i = 0; i < idx.count; i++) {
        const oid = idx.ids.idAt(i);
        assert.ok((await store.read(oid)) !== undefined, `${toHex(oid)} cannot be read`);
      }
      idx.source.close();
    }
  } finally {
    store.close();
  }
}

async function checkIndexPack(bytes: Uint8Array, { pack }: PackSample, number: number): Promise<void> {
  const { format } = pack;
  const given = number % 4 === 3 ? bytes : sealedPack(bytes, format);
  const fs = await directoryWith({});
  const directory = new ObjectDirectory(fs, "/objects", format);
  const received =
    number % 2 === 0 ? new ReceivedObjects(format, { fsck: {}, links: false }, () => undefined) : undefined;
  const outcome = await typed(
    indexPackStream(directory, { stream: once(given), behind: "refuse" }, { ...indexOptions(format), received }),
  );
  const left = (await fs.list("/objects/pack")).map(({ name }) => name);
  if (outcome instanceof GitmidxError) assert.deepEqual(left, []);
  else await checkIndexed(fs, format);
}

async function checkVerifyPack(bytes: Uint8Array, { pack }: PackSample, number: number): Promise<void> {
  const given = number % 2 === 0 ? bytes : sealedPack(bytes, pack.format);
  const fs = await directoryWith({ "pack-x.pack": given, "pack-x.idx": pack.idx });
  const outcome = await typed(verifyPackFile(fs, { packPath: "/objects/pack/pack-x.pack" }, indexOptions(pack.format)));
  assert.equal(outcome instanceof GitmidxError, !pack.bytes.equals(given), "only the sound pack is verified");
}

async function checkUnpack(bytes: Uint8Array, { pack }: PackSample, number: number): Promise<void> {
  const { format } = pack;
  const fs = await directoryWith({});
  const repository = await Repository.open({ fs, objectDirectory: "/objects", format });
  const stream = once(number % 4 === 3 ? bytes : sealedPack(bytes, format));
  const strict = number % 2 === 0 ? {} : undefined;
  const options = { strict, recover: number % 8 === 5, trusted: true, tell: () => undefined };
  await typed(repository.unpackObjects(stream, options));
  const store = await ObjectStore.open([new ObjectDirectory(fs, "/objects", format)], { verify: true });
  for (const { name: folder } of await fs.list("/objects")) {
    if (folder === "pack") continue;
    for (const { name } of await fs.list(`/objects/${folder}`)) {
      // Whatever became of the pack, what is there is whole.
      assert.match(name, /^[0-9a-f]+$/);
      assert.ok((await store.read(oidFromHex(folder + name, format))) !== undefined);
    }
  }
  store.close();
}

async function checkReading(bytes: Uint8Array, { pack }: PackSample): Promise<void> {
  const { format } = pack;
  // With the trailer that the index expects, so that the pack is opened.
  const given = bytes.slice();
  if (given.length >= format.byteLength) {
    given.set(pack.bytes.subarray(-format.byteLength), given.length - format.byteLength);
  }
  const fs = await directoryWith({ "pack-x.pack": given, "pack-x.idx": pack.idx });
  const directories = [new ObjectDirectory(fs, "/objects", format)];
  for (const verify of [true, false]) {
    const store = await ObjectStore.open(directories, { verify, deltaBaseCacheLimit: 1 << 16 });
    for (const [hex, { type, bytes: content }] of pack.objects) {
      const oid = oidFromHex(hex, format);
      const object = await typed(store.read(oid));
      if (verify && object !== undefined && !(object instanceof GitmidxError)) {
        assert.deepEqual([object.type, Buffer.compare(content, object.bytes)], [type, 0]);
      }
      await typed(store.readHeader(oid));
    }
    store.close();
  }
}

function target(
  name: string,
  check: (bytes: Uint8Array, sample: PackSample, number: number) => Promise<void>,
): FuzzTarget {
  return { name, samples, check: (bytes, sample, number) => check(bytes, sample as PackSample, number) };
}

/** What is done with packs. */
export const packTargets: readonly FuzzTarget[] = [
  target("index-pack", checkIndexPack),
  target("verify-pack", checkVerifyPack),
  target("unpack-objects", checkUnpack),
  target("read-pack", checkReading),
];
