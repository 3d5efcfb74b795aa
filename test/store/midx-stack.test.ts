// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteSource } from "../../src/bytes/source.js";
import { GitmidxError } from "../../src/core/errors.js";
import { maxChainLayers } from "../../src/core/limits.js";
import { oidFromHex, oidPrefixFromHex, sha1, toHex } from "../../src/core/oid.js";
import type { MidxPosition, PackId } from "../../src/core/positions.js";
import { encodeChain } from "../../src/formats/midx/chain.js";
import { openMidx } from "../../src/formats/midx/view.js";
import { type MidxStack, openChain, openMidxStack, stackLayers } from "../../src/store/midx-stack.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import {
  chainFile,
  type Fixture,
  type FixtureName,
  fixtureNames,
  memoryDirectory,
  readFixture,
} from "../support/midx-fixtures.js";
import { watchFs } from "../support/watch-fs.js";

type Change = (files: Map<string, Uint8Array>, fixture: Fixture) => void;

/** An object directory made of a fixture with something changed, and what is opened in it. */
function directoryOf(name: FixtureName, change: Change = () => {}, before?: (call: string, path: string) => void) {
  const fixture = readFixture(name);
  const files = new Map(fixture.files);
  change(files, fixture);
  const memory = memoryDirectory(files, fixture.format);
  const watched = watchFs(memory.fs, before);
  const directory = new ObjectDirectory(watched.fs, "/objects", fixture.format);
  return { fixture, memory: memory.fs, watched, directory };
}

async function openAll(directory: ObjectDirectory): Promise<MidxStack> {
  const stack = await openMidxStack(directory);
  assert.ok(stack !== undefined);
  return stack;
}

function positions(stack: MidxStack): MidxPosition[] {
  return Array.from({ length: stack.objectCount }, (_, i) => i as MidxPosition);
}

test("every object of git's is found, in a pack and at an offset where git has a copy, and positions count through", async () => {
  for (const name of fixtureNames) {
    const { fixture, directory } = directoryOf(name);
    const stack = await openAll(directory);
    const ids = new Set(fixture.objects.map(({ oid }) => oid));
    const copies = new Set(fixture.objects.map(({ oid, idx, offset }) => `${oid} ${idx} ${offset}`));
    assert.equal(stack.objectCount, ids.size);
    const seen = new Set<number>();
    for (const oid of ids) {
      const found = stack.findObject(oidFromHex(oid, fixture.format));
      assert.ok(found !== undefined && copies.has(`${oid} ${found.packName} ${found.offset}`), oid);
      assert.equal(toHex(stack.idAt(found.position)), oid);
      assert.equal(stack.packNameOf(found.packId), found.packName);
      assert.equal(stack.packIdOf(found.packName), found.packId);
      assert.deepEqual(stack.objectAt(found.position), found);
      seen.add(found.position);
    }
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      positions(stack),
    );
    assert.equal(stack.find(new Uint8Array(fixture.format.byteLength).fill(9)), undefined);
    assert.equal(stack.findObject(new Uint8Array(fixture.format.byteLength).fill(9)), undefined);
    stack.close();
  }
});

test("layers are oldest first, each with what lies below it", async () => {
  const { fixture, directory, watched } = directoryOf("chain-sha1");
  const stack = await openAll(directory);
  assert.equal(stack.kind, "chain");
  assert.deepEqual(
    stack.layers.map(({ path }) => path),
    fixture.midxPaths.map((path) => `/objects/pack/${path}`),
  );
  let [objects, packs] = [0, 0];
  for (const [i, layer] of stack.layers.entries()) {
    assert.deepEqual([layer.index, layer.objectsBelow, layer.packsBelow], [i, objects, packs]);
    assert.equal(layer.path, directory.layerPath(layer.checksum, "midx"));
    objects += layer.view.count;
    packs += layer.view.packNames.length;
  }
  assert.deepEqual([stack.objectCount, stack.packCount], [objects, packs]);
  assert.equal(stack.tip, stack.layers[2]);
  assert.deepEqual(stack.problems, []);
  assert.equal(watched.open.length, 3);
  stack.close();
  assert.deepEqual(watched.open, []);
});

test("positions and packs that are not there are a misuse", async () => {
  const stack = await openAll(directoryOf("chain-sha1").directory);
  for (const position of [-1, stack.objectCount, 2 ** 32] as MidxPosition[]) {
    assert.throws(() => stack.locate(position), RangeError);
    assert.throws(() => stack.objectAt(position), RangeError);
  }
  for (const pack of [-1, stack.packCount] as PackId[]) assert.throws(() => stack.packNameOf(pack), RangeError);
  assert.equal(stack.packIdOf("pack-none.idx"), undefined);
});

test("a prefix gives the objects of all layers that begin with it", async () => {
  for (const name of fixtureNames) {
    const { fixture, directory } = directoryOf(name);
    const stack = await openAll(directory);
    const ids = [...new Set(fixture.objects.map(({ oid }) => oid))];
    for (const oid of [...ids, "0".repeat(40), "f".repeat(40)]) {
      for (const digits of [1, 2, 5, 40]) {
        const text = oid.slice(0, digits);
        const found = stack.findPrefix(oidPrefixFromHex(text, fixture.format));
        const wanted = ids.filter((id) => id.startsWith(text));
        assert.deepEqual(found.map((position) => toHex(stack.idAt(position))).sort(), wanted.sort(), text);
      }
    }
  }
});

test("where there is nothing there is no stack", async () => {
  const { directory } = memoryDirectory([], sha1);
  assert.equal(await openMidxStack(directory), undefined);
  for (const chain of ["", "x".repeat(40)]) {
    const files = new Map([[chainFile, new TextEncoder().encode(chain)]]);
    assert.equal(await openMidxStack(memoryDirectory(files, sha1).directory), undefined, chain);
  }
});

test("a single file goes before a chain", async () => {
  const single = readFixture("single-sha1").files.get("multi-pack-index")!;
  const { directory } = directoryOf("chain-sha1", (files) => files.set("multi-pack-index", single));
  assert.equal((await openAll(directory)).kind, "single");
  assert.equal((await openChain(directory))?.kind, "chain");
});

test("a single file that is broken is an error, even beside a sound chain, and nothing stays open", async () => {
  const { directory, watched } = directoryOf("chain-sha1", (files) =>
    files.set("multi-pack-index", new Uint8Array(50)),
  );
  const message = "multi-pack-index signature 0x00000000 does not match signature 0x4d494458";
  await assert.rejects(openMidxStack(directory), {
    code: "bad-signature",
    message,
    path: directory.midxPath,
    offset: 0,
  });
  assert.deepEqual(watched.open, []);
});

test("a single file that goes away while it is opened is none", async () => {
  const { directory, memory } = directoryOf(
    "single-sha1",
    () => {},
    (call, path) => {
      if (call === "openSource" && path.endsWith("/multi-pack-index")) void memory.unlink(path);
    },
  );
  assert.equal(await openMidxStack(directory), undefined);
});

test("a chain with a layer missing is used up to there, and says why", async () => {
  for (const missing of [1, 2]) {
    const { directory, fixture, watched } = directoryOf("chain-sha1", (files, { midxPaths }) => {
      files.delete(midxPaths[missing]!);
    });
    const stack = await openAll(directory);
    assert.equal(stack.layers.length, missing);
    const [problem, ...others] = stack.problems;
    assert.deepEqual(others, []);
    assert.ok(problem instanceof GitmidxError);
    assert.equal(problem.code, "missing-layer");
    assert.equal(problem.message, "unable to find all multi-pack index files");
    assert.deepEqual([problem.path, problem.offset], [directory.chainPath, 41 * missing]);
    assert.equal(watched.open.length, missing);
    assert.equal(fixture.midxPaths.length, 3);
    stack.close();
    assert.deepEqual(watched.open, []);
  }
});

test("a chain without its oldest layer is an error, and nothing stays open", async () => {
  const { directory, watched } = directoryOf("chain-sha1", (files, { midxPaths }) => files.delete(midxPaths[0]!));
  await assert.rejects(openMidxStack(directory), { code: "missing-layer", path: directory.chainPath, offset: 0 });
  assert.deepEqual(watched.open, []);
});

test("a layer that is broken ends the chain there, with what is wrong with it", async () => {
  const { directory } = directoryOf("chain-sha1", (files, { midxPaths }) => {
    const bytes = files.get(midxPaths[1]!)!;
    bytes[4] = 3;
  });
  const stack = await openAll(directory);
  assert.equal(stack.layers.length, 1);
  const [problem] = stack.problems;
  assert.deepEqual(
    [problem?.code, problem?.message, problem?.offset],
    ["bad-version", "multi-pack-index version 3 not recognized", 4],
  );
  assert.equal(problem?.path, stack.layers[0]!.path.replace(stack.layers[0]!.checksum, problem!.path!.slice(-45, -5)));
});

test("a line that is no checksum ends the chain there", async () => {
  for (const line of [0, 1, 2]) {
    const { directory } = directoryOf("chain-sha1", (files) => {
      files.get(chainFile)![41 * line] = 0x78;
    });
    if (line === 0) {
      await assert.rejects(openMidxStack(directory), { code: "bad-chain", path: directory.chainPath, offset: 0 });
      continue;
    }
    const stack = await openAll(directory);
    assert.equal(stack.layers.length, line);
    assert.deepEqual(
      stack.problems.map(({ code, offset }) => [code, offset]),
      [["bad-chain", 41 * line]],
    );
  }
});

test("lines in another order give other positions, but each object still", async () => {
  const { directory, fixture } = directoryOf("chain-sha1", (files) => {
    const lines = new TextDecoder().decode(files.get(chainFile)).trim().split("\n");
    files.set(chainFile, encodeChain(lines.toReversed()));
  });
  const stack = await openAll(directory);
  assert.deepEqual(
    stack.layers.map(({ path }) => path),
    fixture.midxPaths.map((path) => `/objects/pack/${path}`).reverse(),
  );
  for (const { oid } of fixture.objects) assert.ok(stack.findObject(oidFromHex(oid, fixture.format)));
});

test("a layer that is named over and over is one open file", async () => {
  const { directory, watched } = directoryOf("chain-sha1", (files) => {
    const [first] = new TextDecoder().decode(files.get(chainFile)).split("\n");
    files.set(chainFile, encodeChain(Array.from({ length: 4000 }, () => first!)));
  });
  const stack = await openAll(directory);
  assert.equal(stack.layers.length, 4000);
  assert.equal(stack.objectCount, 4000 * stack.layers[0]!.view.count);
  assert.equal(watched.open.length, 1);
  assert.equal(
    toHex(stack.idAt((stack.objectCount - 1) as MidxPosition)),
    toHex(stack.idAt((stack.layers[0]!.view.count - 1) as MidxPosition)),
  );
  stack.close();
  assert.deepEqual(watched.open, []);
});

test("a chain of more layers than are read is used up to there, and says so", async () => {
  const { directory } = directoryOf("chain-sha1", (files) => {
    const [first] = new TextDecoder().decode(files.get(chainFile)).split("\n");
    files.set(chainFile, encodeChain(Array.from({ length: maxChainLayers + 1 }, () => first!)));
  });
  const stack = await openAll(directory);
  assert.equal(stack.layers.length, maxChainLayers);
  assert.deepEqual(
    stack.problems.map(({ code, offset }) => [code, offset]),
    [["bad-chain", 41 * maxChainLayers]],
  );
});

test("a chain that is replaced while it is opened is read anew", async () => {
  let replaced = false;
  const { directory, fixture, memory, watched } = directoryOf(
    "chain-sha1",
    () => {},
    (call, path) => {
      // A writer that merged the two upper layers away: the chain file first, then the layers.
      if (replaced || call !== "openSource" || !path.endsWith(".midx")) return;
      replaced = true;
      const lines = new TextDecoder().decode(fixture.files.get(chainFile)).split("\n");
      memory.put(`/objects/pack/${chainFile}`, encodeChain(lines.slice(0, 1)));
      for (const layer of fixture.midxPaths.slice(1)) void memory.unlink(`/objects/pack/${layer}`);
    },
  );
  const stack = await openAll(directory);
  assert.ok(replaced);
  assert.equal(stack.layers.length, 1);
  assert.deepEqual(stack.problems, []);
  assert.equal(watched.open.length, 1);
});

test("an error that is none of a file's goes through, and nothing stays open", async () => {
  const failure = new TypeError("not a file's fault");
  let opened = 0;
  const { directory, watched } = directoryOf(
    "chain-sha1",
    () => {},
    (call) => {
      if (call === "openSource" && ++opened === 3) throw failure;
    },
  );
  await assert.rejects(openMidxStack(directory), failure);
  assert.deepEqual(watched.open, []);
});

/** A sound multi-pack-index of `count` objects whose ids and offsets are all zeros, without the bytes. */
class HollowMidx extends ByteSource {
  readonly #head: Uint8Array;

  constructor(count: number) {
    const head = new Uint8Array(1200);
    const view = new DataView(head.buffer);
    head.set([0x4d, 0x49, 0x44, 0x58, 1, 1, 4, 0]);
    view.setUint32(8, 1);
    const sizes = { PNAM: 8, OIDF: 1024, OIDL: 20 * count, OOFF: 8 * count };
    let end = 72;
    for (const [i, [name, size]] of Object.entries(sizes).entries()) {
      head.set(new TextEncoder().encode(name), 12 + 12 * i);
      view.setBigUint64(16 + 12 * i, BigInt(end));
      end += size;
    }
    view.setBigUint64(64, BigInt(end));
    head.set(new TextEncoder().encode("a.idx"), 72);
    for (let i = 0; i < 256; i++) view.setUint32(80 + 4 * i, count);
    super("hollow", end + 20, new Uint8Array(0));
    this.#head = head;
  }

  override locate(offset: number, length: number): number {
    this.bytes = this.copy(offset, length);
    return 0;
  }

  override readInto(offset: number, target: Uint8Array): void {
    this.checkRange(offset, target.length);
    target.fill(0);
    if (offset < this.#head.length) target.set(this.#head.subarray(offset, offset + target.length));
  }
}

test("layers whose objects cannot be counted with 32 bits together are refused, in git's words", () => {
  const layer = (count: number) => openMidx(new HollowMidx(count), sha1);
  const most = [layer(0xffff_fffe), layer(1)];
  const layers = stackLayers(most);
  assert.equal(layers[1]!.objectsBelow, 0xffff_fffe);
  assert.throws(() => stackLayers([...most, layer(1)]), {
    code: "too-many-objects",
    message: `object count in base MIDX too high: ${0xffff_ffff}`,
    path: "hollow",
  });
});
