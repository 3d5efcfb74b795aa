/** The `.idx` and `.rev` of index-pack are git's, byte for byte. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { objectFormatByName } from "../../src/core/oid.js";
import type { IdxEncoding } from "../../src/formats/idx/encode.js";
import { indexPackFile } from "../../src/ops/index-pack/index-pack.js";
import type { IndexPackOptions } from "../../src/ops/index-pack/options.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { newestGit, runGit } from "../support/gits.js";
import { defaultOptions, indexInMemory, workerUrl } from "../support/index-pack-run.js";
import { appendDelta, objectId, RawPack, sizeBytes } from "../support/raw-pack.js";
import { makeRepository } from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import { makeTempFolder } from "../support/temp.js";

const git = newestGit();

/** What git makes of a pack. */
function indexedByGit(pack: Uint8Array, format: "sha1" | "sha256", ...args: readonly string[]) {
  const folder = makeTempFolder("index-pack");
  const path = join(folder, "x.pack");
  writeFileSync(path, pack);
  runGit(git, ["index-pack", `--object-format=${format}`, "--rev-index", ...args, path], { cwd: folder });
  return { idx: readFileSync(join(folder, "x.idx")), rev: readFileSync(join(folder, "x.rev")) };
}

async function assertSame(
  pack: Uint8Array,
  format: "sha1" | "sha256" = "sha1",
  args: readonly string[] = [],
  more: Partial<IndexPackOptions> = {},
): Promise<void> {
  const wanted = indexedByGit(pack, format, ...args);
  const made = await indexInMemory(pack, { format: objectFormatByName(format)!, ...more });
  assert.ok(wanted.idx.equals(made.idx), "the .idx differs");
  assert.ok(wanted.rev.equals(made.rev!), "the .rev differs");
}

for (const format of ["sha1", "sha256"] as const) {
  const { packs } = makeRepository({ format, packs: 2, objects: [300, 40] });

  test(`packs of a ${format} repository get git's indexes`, async () => {
    for (const { pack } of packs) await assertSame(readFileSync(pack), format);
  });

  test(`index versions and 64-bit offsets of a ${format} pack are git's`, async () => {
    const pack = readFileSync(packs[0]!.pack);
    const encodings: readonly [string, IdxEncoding][] = [
      ["1", { version: 1 }],
      ["2", { version: 2 }],
      ["2,0x40", { version: 2, largeOffsetLimit: 0x40 }],
      ["1,0x40", { version: 1, largeOffsetLimit: 0x40 }],
    ];
    for (const [text, encoding] of encodings) {
      await assertSame(pack, format, [`--index-version=${text}`], { encoding });
    }
  });
}

/** A pack in which a chain of deltas grows from one blob. */
function chainPack(depth: number, kind: "ofs" | "ref", order: "base first" | "base last"): Buffer {
  const pack = new RawPack();
  const deltas: { readonly base: Buffer; readonly delta: Buffer }[] = [];
  let content = "base\n";
  for (let i = 0; i < depth; i++) {
    const suffix = `${i % 10}`;
    const base = objectId("blob", content);
    // Now and then nothing is copied, so that objects stay small.
    const isLong = content.length > 600;
    const delta = isLong ? replacingDelta(content.length, `${i}\n`) : appendDelta(content.length, suffix);
    content = isLong ? `${i}\n` : content + suffix;
    deltas.push({ base, delta });
  }
  if (order === "base last") for (const { base, delta } of [...deltas].reverse()) pack.addRefDelta(base, delta);
  let at = pack.add("blob", "base\n");
  if (order === "base first") {
    for (const { base, delta } of deltas)
      at = kind === "ofs" ? pack.addOfsDelta(at, delta) : pack.addRefDelta(base, delta);
  }
  return pack.finish();
}

/** A delta that copies nothing. */
function replacingDelta(baseSize: number, content: string): Buffer {
  return Buffer.from([...sizeBytes(baseSize), ...sizeBytes(content.length), content.length, ...Buffer.from(content)]);
}

test("a chain of 10,000 OFS deltas is resolved without recursion", () =>
  assertSame(chainPack(10_000, "ofs", "base first")));

test("a chain of REF deltas is resolved", () => assertSame(chainPack(scale(1000, 10_000), "ref", "base first")));

test("REF deltas whose bases come later are resolved", () =>
  assertSame(chainPack(scale(300, 3000), "ref", "base last")));

test("a deep chain is resolved with no room for bases", async () => {
  const pack = new RawPack();
  let at = pack.add("blob", "root\n");
  const branch = at;
  let content = "root\n";
  for (let i = 0; i < 60; i++) {
    at = pack.addOfsDelta(at, appendDelta(content.length, `${i}\n`));
    content += `${i}\n`;
    pack.addOfsDelta(branch, appendDelta(5, `branch ${i}`));
    pack.addOfsDelta(at, appendDelta(content.length, `twig ${i}`));
  }
  const options = defaultOptions();
  await assertSame(pack.finish(), "sha1", [], { settings: { ...options.settings, baseCacheLimit: 0 } });
});

test("a pack without objects, of version 3, or with copies of an object gets git's indexes", async () => {
  await assertSame(new RawPack().finish());
  const pack = new RawPack();
  pack.add("blob", "a");
  pack.add("blob", "");
  pack.add("blob", "a");
  const ref = objectId("blob", "a");
  pack.addRefDelta(ref, appendDelta(1, "b"));
  pack.add("tag", "t");
  await assertSame(pack.finish(undefined, 3));
});

test("objects of a megabyte, and one that fills several windows, get git's indexes", async () => {
  const pack = new RawPack();
  const large = Buffer.alloc(9_000_000, "0123456789abcdef\n");
  for (let i = 0; i < large.length; i += 7) large[i] = (i * 2_654_435_761) >>> 24;
  const base = pack.add("blob", large);
  pack.addOfsDelta(base, appendDelta(large.length, "end"));
  pack.add("blob", large.subarray(0, 1_000_000));
  await assertSame(pack.finish());
  const few = { ...defaultOptions().settings, bigFileThreshold: 1000 };
  await assertSame(pack.finish(), "sha1", [], { settings: few });
});

test("two threads, and threads that begin in the middle of a pack, make what one makes", async () => {
  const pack = new RawPack();
  let content = "";
  let base = 0;
  for (let i = 0; i < 6000; i++) {
    const bytes = Buffer.alloc(1200);
    for (let at = 0, x = i + 1; at < bytes.length; at++) {
      x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
      bytes[at] = x >>> 24;
    }
    if (i % 3 === 0) {
      content = bytes.toString("latin1");
      base = pack.add("blob", content);
    } else if (i % 3 === 1) pack.addOfsDelta(base, appendDelta(content.length, `${i}`));
    else pack.addRefDelta(objectId("blob", content), appendDelta(content.length, bytes.subarray(0, 900)));
  }
  const bytes = pack.finish();
  assert.ok(bytes.length > 5_000_000 / 2, `${bytes.length} bytes`);
  const wanted = indexedByGit(bytes, "sha1");
  const folder = makeTempFolder("threads");
  writeFileSync(join(folder, "x.pack"), bytes);
  for (const threads of [1, 2, 3]) {
    const workers = { url: workerUrl, threads };
    await indexPackFile(new NodeFs(), { packPath: join(folder, "x.pack") }, { ...defaultOptions(), workers });
    assert.ok(wanted.idx.equals(readFileSync(join(folder, "x.idx"))), `${threads} threads: the .idx differs`);
    assert.ok(wanted.rev.equals(readFileSync(join(folder, "x.rev"))), `${threads} threads: the .rev differs`);
  }
  // Whichever thread comes upon the damage, it is told of as by one.
  for (const share of [0.2, 0.6, 0.9]) {
    const damaged = Buffer.from(bytes);
    damaged[Math.floor(bytes.length * share)]! ^= 0x55;
    writeFileSync(join(folder, "x.pack"), damaged);
    const messages: string[] = [];
    for (const threads of [1, 2]) {
      const options = { ...defaultOptions(), workers: { url: workerUrl, threads } };
      await assert.rejects(
        indexPackFile(new NodeFs(), { packPath: join(folder, "x.pack") }, options),
        (error: Error) => messages.push(error.message) > 0,
      );
    }
    assert.equal(messages[1], messages[0]);
  }
});
