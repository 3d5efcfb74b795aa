/** Which packs a write takes from the directory, and in which order: what git takes. */

import assert from "node:assert/strict";
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { randomTable, writeFakePack } from "../support/fake-idx.js";
import { forEachGit, isAtLeast } from "../support/gits.js";
import { firstMtime, type MadeRepository, makeRepository } from "../support/repository-maker.js";
import { gitWrites, midxState, Twins, type Written, weTell } from "./twins.js";

const made = makeRepository({ packs: 8, duplicates: 0.6, copies: 4, mtimeRanks: [3, 1, 7, 0, 2, 6, 5, 4] });

/** Moves a pack and its index to another name: any bytes but a slash and NUL. */
function rename(repository: MadeRepository, pack: number, name: Uint8Array): void {
  const from = repository.packs[pack]!;
  for (const extension of [".pack", ".idx"]) {
    const target = Buffer.concat([Buffer.from(`${repository.packDir}/`), name, Buffer.from(extension)]);
    renameSync(join(repository.packDir, from.name + extension), target);
  }
}

/** The pack names in the MIDX of a repository, as bytes. */
function packNames(repository: MadeRepository): Buffer {
  const bytes = readFileSync(join(repository.packDir, "multi-pack-index"));
  const start = Number(bytes.readBigUInt64BE(12 + 4));
  return bytes.subarray(start, Number(bytes.readBigUInt64BE(12 + 12 + 4)));
}

forEachGit(2, 33, "which packs are taken", (git) => {
  test(`--stdin-packs takes exactly the .idx names that match, like ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const [first, second, third] = made.packs;
    const stdinPacks = [
      `${third!.name}.idx`,
      `${first!.name}.idx`,
      `${first!.name}.idx`,
      `${second!.name}.pack`,
      second!.name,
      "pack-unknown.idx",
      "../pack/pack-unknown.idx",
      "",
    ];
    await twins.write({ stdinPacks });
    assert.equal(packNames(twins.ours).toString().match(/\.idx/g)!.length, 2);
  });

  test(`--stdin-packs without a match is refused like by ${git.label}`, async () => {
    const { said } = await new Twins(git, made).write({ stdinPacks: ["nothing.idx"] });
    assert.deepEqual(said, ["error: no pack files to index."]);
  });

  test(`--stdin-packs with a preferred pack inside and one outside gives the same as with ${git.label}`, async () => {
    const names = made.packs.map(({ name }) => `${name}.idx`);
    const stdinPacks = names.slice(0, 5);
    await new Twins(git, made).write({ stdinPacks, preferredPack: names[3]! });
    // Before 2.47 some pack was preferred where the one asked for was not there.
    if (!isAtLeast(git, 2, 47)) return;
    const { said } = await new Twins(git, made).write({ stdinPacks, preferredPack: names[6]! });
    assert.deepEqual(said, [`warning: unknown preferred pack: '${names[6]}'`]);
  });

  test(`packs of any name are taken, in the order of the names' bytes, like by ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const names = ["other", "pack-\u{1f600}", "pack-\uff21", "PACK-zürich", "pack-a", "pack-a.b", "pack-a b\n\"'"];
    twins.both((repository) => {
      for (const [i, name] of names.entries()) rename(repository, i, Buffer.from(name));
      rename(repository, names.length, Buffer.from([0x70, 0xff, 0xfe, 0x80, 0x2d, 0xc3]));
    });
    await twins.write();
    const text = packNames(twins.ours).toString("latin1");
    const order = text.split("\0").slice(0, 8);
    assert.deepEqual(order, [...order].sort());
  });

  test(`a name of nothing but the extension, a very long name and linked packs are taken like by ${git.label}`, async () => {
    const twins = new Twins(git, made);
    twins.both((repository) => {
      rename(repository, 0, Buffer.from(""));
      rename(repository, 1, Buffer.from(`pack-${"x".repeat(240)}`));
      const outside = join(repository.gitDir, "elsewhere");
      mkdirSync(outside);
      for (const extension of [".pack", ".idx"]) {
        const name = repository.packs[2]!.name + extension;
        renameSync(join(repository.packDir, name), join(outside, name));
        symlinkSync(join(outside, name), join(repository.packDir, name));
        const linked = repository.packs[3]!.name + extension;
        linkSync(join(repository.packDir, linked), join(repository.packDir, `again${extension}`));
      }
    });
    await twins.write();
  });

  test(`a .idx without a .pack, with a folder for one or with a dangling link for one is warned of like by ${git.label}`, async () => {
    const twins = new Twins(git, made);
    const pathsOf = (repository: MadeRepository) => repository.packs.slice(0, 3).map(({ pack }) => pack);
    twins.both((repository) => {
      const [first, second, third] = pathsOf(repository);
      for (const path of [first!, second!, third!]) unlinkSync(path);
      mkdirSync(second!);
      symlinkSync("nowhere", third!);
    });
    const [theirs, ours] = [gitWrites(git, twins.theirs), await weTell(twins.ours)];
    const sorted = ({ said, status }: Written) => ({ status, said: [...said].sort() });
    assert.deepEqual(sorted(ours), sorted(theirs));
    assert.equal(ours.said.length, 3);
    assert.match(ours.said[0]!, /^warning: failed to add packfile '\.git\/objects\/pack\/pack-.*\.idx'$/);
    twins.both((repository) => rmSync(pathsOf(repository)[1]!, { recursive: true }));
    assert.deepEqual(midxState(twins.ours), midxState(twins.theirs));
  });

  test(`an index that cannot be read is warned of like by ${git.label}, and the others are taken`, async () => {
    for (const damage of [
      (path: string) => truncateSync(path, 100),
      (path: string) => truncateSync(path, 1500),
      (path: string) => truncateSync(path, 0),
      (path: string) => {
        unlinkSync(path);
        symlinkSync("nowhere", path);
      },
      (path: string) => writeAt(path, 4, [0, 0, 0, 3]),
      (path: string) => writeAt(path, 8 + 4 * 7, [0xff, 0xff, 0xff, 0xff]),
    ]) {
      const twins = new Twins(git, made);
      twins.both((repository) => {
        const { idx, pack, mtime } = repository.packs[2]!;
        const bytes = readFileSync(idx);
        unlinkSync(idx);
        writeFileSync(idx, bytes);
        damage(idx);
        utimesSync(pack, mtime, mtime);
      });
      const [theirs, ours] = [gitWrites(git, twins.theirs), await weTell(twins.ours)];
      const warning = `warning: failed to open pack-index '.git/objects/pack/${made.packs[2]!.name}.idx'`;
      assert.deepEqual(ours, { status: 0, said: [warning], printed: "" });
      assert.equal(theirs.status, 0);
      assert.ok(theirs.said.includes(warning), theirs.said.join("\n"));
      assert.deepEqual(midxState(twins.ours), midxState(twins.theirs));
    }
  });

  test(`indexes of version 1 and 2 side by side give the same as with ${git.label}`, async () => {
    const twins = new Twins(git, made);
    twins.both((repository) => {
      for (let i = 0; i < 3; i++) {
        const options = { mtime: firstMtime + 1000 + i, name: `pack-v${i}`, version: i === 0 ? 2 : 1 } as const;
        writeFakePack(repository.packDir, randomTable(500, 40 + (i >> 1)), options);
      }
    });
    await twins.write();
  });

  test(`an object that a pack holds twice or more is taken from the place that ${git.label} takes`, async () => {
    for (const wish of [{}, { preferredPack: "pack-b.pack" }]) {
      const twins = new Twins(git, made, []);
      twins.both((repository) => {
        const oids = ["00", "3c", "3d", "80", "ff"].map((byte) => byte.repeat(20));
        for (const [i, name] of ["pack-b", "pack-a", "pack-c"].entries()) {
          const place = (j: number, k: number) => 12 + 1000 * j + ((k * 37) % 5) * 100;
          const entries = oids.flatMap((oid, j) =>
            Array.from({ length: 1 + ((i + j) % 4) }, (_, k) => ({ oid, offset: place(j, k) })),
          );
          writeFakePack(repository.packDir, entries, { name, mtime: firstMtime + i });
        }
      });
      await twins.write(wish);
    }
  });

  test(`ids that differ in few bits, and none or all of a fanout bucket, give the same as with ${git.label}`, async () => {
    const twins = new Twins(git, made, []);
    twins.both((repository) => {
      for (let pack = 0; pack < 3; pack++) {
        const entries = Array.from({ length: 3000 }, (_, i) => ({
          oid: `${pack === 2 ? "ff" : "00"}${"0".repeat(30)}${(i * 3 + pack * 999).toString(16).padStart(8, "0")}`,
          offset: 12 + 20 * ((i * 77) % 3001),
        }));
        writeFakePack(repository.packDir, entries, { name: `pack-${pack}`, mtime: firstMtime - pack });
      }
    });
    await twins.write();
  });
});

function writeAt(path: string, offset: number, bytes: readonly number[]): void {
  const content = readFileSync(path);
  content.set(bytes, offset);
  writeFileSync(path, content);
}
