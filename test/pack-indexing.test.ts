// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { isGitmidxError } from "../src/core/errors.js";
import { indexPack, verifyPack } from "../src/pack-indexing.js";
import { Repository } from "../src/repository.js";
import { emptyDirectory, inPieces } from "./support/index-pack-run.js";
import { appendDelta, objectId, RawPack, treeEntry } from "./support/raw-pack.js";

function packOf(): Buffer {
  const pack = new RawPack();
  pack.addOfsDelta(pack.add("blob", "one\n"), appendDelta(4, "two\n"));
  return pack.finish();
}

test("a program takes in a pack, reads its objects and verifies it", async () => {
  const { fs } = emptyDirectory();
  const repository = await Repository.open({ fs, objectDirectory: "/objects" });
  const { packPath, objects, deltas } = await indexPack(repository, inPieces(packOf(), 20), { strict: true, keep: "" });
  assert.deepEqual({ objects, deltas }, { objects: 2, deltas: 1 });
  assert.ok((await fs.stat(packPath.replace(/pack$/, "keep"))) !== undefined);
  const read = await repository.read(objectId("blob", "one\ntwo\n").toString("hex"));
  assert.equal(Buffer.from(read!.bytes).toString(), "one\ntwo\n");
  const depths: number[] = [];
  await verifyPack(fs, packPath, {
    onListing: async (listing) => {
      for (const { depth } of listing.entries()) depths.push(depth);
      assert.deepEqual(listing.chains, [0, 1]);
    },
  });
  assert.deepEqual(depths, [0, 1]);
  await repository.close();
});

test("a pack that leads to something that is nowhere is refused if that is asked for", async () => {
  const { fs } = emptyDirectory();
  const repository = await Repository.open({ fs, objectDirectory: "/objects" });
  const pack = new RawPack();
  pack.add("tree", treeEntry("100644", "file", Buffer.alloc(20, 3)));
  const bytes = pack.finish();
  await assert.rejects(indexPack(repository, inPieces(bytes, 100), { strict: true }), (error) =>
    isGitmidxError(error, "disconnected"),
  );
  assert.deepEqual(await fs.list("/objects/pack"), []);
  assert.equal((await indexPack(repository, inPieces(bytes, 100))).objects, 1);
});

test("every byte of a pack and of its index is verified", async () => {
  const { fs } = emptyDirectory();
  const repository = await Repository.open({ fs, objectDirectory: "/objects" });
  const { packPath, indexPath, reverseIndexPath } = await indexPack(repository, inPieces(packOf(), 100));
  for (const path of [packPath, indexPath, reverseIndexPath!]) {
    const bytes = await fs.readFile(path);
    for (let at = 0; at < bytes.length; at += path === indexPath ? 13 : 1) {
      // Versions 2 and 3 of packs are read alike; the trailer tells them apart.
      const damaged = bytes.slice();
      damaged[at]! ^= 1 << (at % 8);
      fs.put(path, damaged);
      await assert.rejects(verifyPack(fs, packPath), (error) => isGitmidxError(error), `${path}: byte ${at}`);
    }
    fs.put(path, bytes);
  }
  await verifyPack(fs, packPath);
});
