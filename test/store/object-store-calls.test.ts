// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { sha1, toHex } from "../../src/core/oid.js";
import { ObjectStore } from "../../src/store/object-store.js";
import { packFiles } from "../support/indexed-pack.js";
import { memoryDirectory } from "../support/midx-fixtures.js";
import { objectId, RawPack } from "../support/raw-pack.js";

test("a store that is closed, and what is no id, are wrong calls", async () => {
  const id = objectId("blob", "content");
  const packed = new RawPack();
  const entries = [{ id, offset: packed.add("blob", "content") }];
  const store = await ObjectStore.open([memoryDirectory(packFiles(packed.finish(), entries), sha1).directory]);
  const hex = toHex(id) as unknown as Uint8Array;
  const readers = ["read", "readHeader", "openStream", "has", "location"] as const;
  const now = ["readPacked", "peekPacked", "readPackedHeader", "locatePacked"] as const;
  const refuses = async (wrong: Uint8Array, expected: object) => {
    for (const name of readers) await assert.rejects(store[name](wrong), expected, name);
    for (const name of now) assert.throws(() => store[name](wrong), expected, name);
  };
  await refuses(hex, { name: "TypeError" });
  await refuses(undefined as unknown as Uint8Array, { name: "TypeError" });
  await refuses(id.subarray(0, 5), { name: "RangeError" });
  await refuses(new Uint8Array(32), { name: "RangeError" });
  const pack = store.packs()[0]!;
  store.close();
  await refuses(id, { name: "TypeError", message: "the object store is closed" });
  for (const name of ["readAt", "peekAt", "headerAt", "entryAt"] as const)
    assert.throws(() => store[name](pack, 12), { message: "the object store is closed" });
  assert.throws(() => store.packs(), { message: "the object store is closed" });
});

test("a stream is read once, and ends between two pieces if it is aborted", async () => {
  const content = "0123456789abcdef".repeat(1 << 14);
  const id = objectId("blob", content);
  const { fs, directory } = memoryDirectory([], sha1);
  const oid = toHex(id);
  fs.makeDirectories(`/objects/${oid.slice(0, 2)}`);
  const large = deflateSync(`blob ${8 * content.length}\0${content.repeat(8)}`);
  fs.put(`/objects/${oid.slice(0, 2)}/${oid.slice(2)}`, large);
  const store = await ObjectStore.open([directory]);
  const stream = await store.openStream(id);
  let size = 0;
  for await (const piece of stream!.chunks) size += piece.length;
  assert.equal(size, stream!.size);
  assert.throws(() => stream!.chunks[Symbol.asyncIterator](), { name: "TypeError" });

  const controller = new AbortController();
  const stopped = await store.openStream(id, { signal: controller.signal });
  const pieces: number[] = [];
  const reading = async () => {
    for await (const piece of stopped!.chunks) {
      pieces.push(piece.length);
      controller.abort();
    }
  };
  await assert.rejects(reading(), { code: "aborted" });
  assert.equal(pieces.length, 1);
  for (const name of ["read", "openStream"] as const)
    await assert.rejects(store[name](id, { signal: controller.signal }), { code: "aborted" });
  store.close();
});
