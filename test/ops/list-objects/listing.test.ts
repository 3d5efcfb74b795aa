// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { isGitmidxError } from "../../../src/core/errors.js";
import { sha1, toHex } from "../../../src/core/oid.js";
import type { TaskOptions } from "../../../src/core/task.js";
import { objectsById } from "../../../src/ops/list-objects/by-id.js";
import { objectsByPseudoPack } from "../../../src/ops/list-objects/by-pseudo-pack.js";
import type { ListedObject } from "../../../src/ops/list-objects/listed-object.js";
import { FetchedFs } from "../../../src/store/fetched-fs.js";
import { type MidxStack, openMidxStack } from "../../../src/store/midx-stack.js";
import { ObjectDirectory } from "../../../src/store/object-directory.js";
import { fakeIdx, randomTable } from "../../support/fake-idx.js";
import { fixtureFiles } from "../../support/fetched-files.js";
import { madeMidx } from "../../support/made-midx.js";
import { chainFile, type Fixture, fixtureNames, memoryDirectory, readFixture } from "../../support/midx-fixtures.js";
import { smallCache } from "../../support/sources.js";

type List = (stack: MidxStack, task?: TaskOptions) => AsyncGenerator<readonly ListedObject[]>;

const orders: readonly (readonly [name: string, list: List])[] = [
  ["by id", objectsById],
  ["in pseudo-pack order", objectsByPseudoPack],
];

async function open(fixture: Pick<Fixture, "files" | "format">): Promise<MidxStack> {
  const stack = await openMidxStack(memoryDirectory(fixture.files, fixture.format).directory);
  assert.ok(stack !== undefined);
  return stack;
}

async function all(batches: AsyncGenerator<readonly ListedObject[]>): Promise<ListedObject[]> {
  const listed: ListedObject[] = [];
  for await (const batch of batches) listed.push(...batch);
  return listed;
}

/** The fixture with its chunk RIDX under a name that nobody knows. */
function withoutReverseIndex(fixture: Fixture): Fixture {
  const files = new Map(fixture.files);
  for (const path of fixture.midxPaths) {
    const bytes = files.get(path)!.slice();
    const at = Buffer.from(bytes).indexOf("RIDX");
    assert.ok(at > 0 && at < 120, `${path} has a RIDX chunk`);
    bytes[at] = 0x58;
    files.set(path, bytes);
  }
  return { ...fixture, files };
}

for (const [order, list] of orders) {
  test(`listed ${order}, every object of git's comes once, with a copy that git has`, async () => {
    for (const name of fixtureNames) {
      const fixture = readFixture(name);
      const stack = await open(fixture);
      const listed = await all(list(stack));
      const ids = [...new Set(fixture.objects.map(({ oid }) => oid))].sort();
      assert.deepEqual(listed.map(({ oid }) => oid).sort(), ids, name);
      const copies = new Set(fixture.objects.map(({ oid, idx, offset }) => `${oid} ${idx} ${offset}`));
      for (const { oid, position, packId, packName, offset, layer } of listed) {
        assert.ok(copies.has(`${oid} ${packName} ${offset}`), `${name}: ${oid}`);
        assert.deepEqual(
          { oid: toHex(stack.idAt(position)), ...stack.objectAt(position) },
          {
            oid,
            position,
            packId,
            packName,
            offset,
            layer,
          },
        );
      }
    }
  });

  test(`listing ${order} from an asynchronous source with the smallest cache gives the same`, async () => {
    for (const name of fixtureNames) {
      const fixture = readFixture(name);
      const fs = new FetchedFs(fixtureFiles(fixture), { cache: smallCache() });
      const stack = await openMidxStack(new ObjectDirectory(fs, "", fixture.format));
      const plain = ({ layer, ...rest }: ListedObject) => ({ ...rest, layer: layer.index });
      assert.deepEqual((await all(list(stack!))).map(plain), (await all(list(await open(fixture)))).map(plain));
    }
  });

  test(`listing ${order} ends at the next batch when it is aborted, and tells how far it has come`, async () => {
    const stack = await open(await madeMidx([fakeIdx(randomTable(20_000, 1))]));
    const controller = new AbortController();
    let [seen, told] = [0, 0];
    const task = { signal: controller.signal, progress: ({ done }: { done: number }) => (told = done) };
    await assert.rejects(
      async () => {
        for await (const batch of list(stack, task)) {
          seen += batch.length;
          // Only a listing that gives the event loop its turn notices.
          if (seen > 4096) await new Promise((resolve) => setTimeout(resolve, 60));
          controller.abort();
        }
      },
      (error) => isGitmidxError(error, "aborted"),
    );
    assert.ok(seen > 0 && seen < 20_000, `${seen} were listed`);
    assert.ok(told <= seen);
  });
}

test("by id the ids ascend through all layers", async () => {
  for (const name of fixtureNames) {
    const ids = (await all(objectsById(await open(readFixture(name))))).map(({ oid }) => oid);
    assert.deepEqual(ids, ids.toSorted());
  }
});

test("an object that a damaged chain has in two layers is listed once, as lookups find it", async () => {
  const fixture = readFixture("chain-sha1");
  const files = new Map(fixture.files);
  const lines = new TextDecoder().decode(files.get(chainFile)!);
  files.set(chainFile, new TextEncoder().encode(lines + lines.slice(0, 41)));
  const stack = await open({ ...fixture, files });
  const listed = await all(objectsById(stack));
  assert.deepEqual(
    listed.map(({ oid }) => oid),
    [...new Set(fixture.objects.map(({ oid }) => oid))].sort(),
  );
  assert.ok(listed.some(({ layer }) => layer.index === 3));
  for (const { oid, position } of listed) assert.equal(stack.find(Buffer.from(oid, "hex")), position);
});

test("pseudo-pack order is git's: a layer's RIDX, one layer after the other", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    const stack = await open(fixture);
    const expected = stack.layers.flatMap((layer) => {
      const bytes = Buffer.from(fixture.files.get(layer.path.replace("/objects/pack/", ""))!);
      // The table of contents, read anew: rows of an id and a 64-bit offset.
      const row = bytes.indexOf("RIDX", 12, "latin1");
      if (row < 0 || row > 120) return undefined;
      const start = Number(bytes.readBigUInt64BE(row + 4));
      return Array.from({ length: layer.view.count }, (_, i) => bytes.readUInt32BE(start + 4 * i));
    });
    if (expected.includes(undefined)) continue;
    assert.deepEqual(
      (await all(objectsByPseudoPack(stack))).map(({ position }) => position as number),
      expected,
      name,
    );
  }
});

test("without a RIDX chunk the order is that of packs by number and offsets, layer by layer", async () => {
  for (const name of ["single-sha1", "single-sha256", "large-sha1", "chain-sha1", "chain-sha256"] as const) {
    const fixture = readFixture(name);
    const bare = Buffer.from(fixture.files.get(fixture.midxPaths[0]!)!).includes("RIDX")
      ? withoutReverseIndex(fixture)
      : fixture;
    const listed = await all(objectsByPseudoPack(await open(bare)));
    const key = ({ layer, packId, offset }: ListedObject) => [layer.index, packId, offset] as const;
    const sorted = listed.toSorted((a, b) => {
      const [x, y] = [key(a), key(b)];
      return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
    });
    assert.deepEqual(listed, sorted, name);
  }
});

test("a row of RIDX that is in no layer, and a pack number that no pack has, are errors with their place", async () => {
  const fixture = readFixture("single-sha1");
  const [path] = fixture.midxPaths as [string];
  const damaged = (chunk: string, change: (view: DataView, at: number) => void) => {
    const bytes = fixture.files.get(path)!.slice();
    const at = Number(Buffer.from(bytes).readBigUInt64BE(Buffer.from(bytes).indexOf(chunk) + 4));
    change(new DataView(bytes.buffer), at);
    return { at, fixture: { ...fixture, files: new Map([...fixture.files, [path, bytes]]) } };
  };
  const reverse = damaged("RIDX", (view, at) => view.setUint32(at + 8, 1_000_000));
  await assert.rejects(async () => all(objectsByPseudoPack(await open(reverse.fixture))), {
    code: "bad-reverse-index",
    offset: reverse.at + 8,
    chunk: "RIDX",
    path: `/objects/pack/${path}`,
  });
  const pack = damaged("OOFF", (view, at) => view.setUint32(at + 8, 77));
  for (const [, list] of orders) {
    await assert.rejects(async () => all(list(await open(pack.fixture))), {
      code: "bad-pack-id",
      offset: pack.at + 8,
      chunk: "OOFF",
      path: `/objects/pack/${path}`,
    });
  }
  assert.equal(fixture.format, sha1);
});
