// portable
/** Our encoders of pack indexes and reverse indexes, fed with what git's files say, give git's bytes back. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { env } from "#env";
import { MemorySource } from "../../src/bytes/source.js";
import { type ObjectFormat, sha1, sha256 } from "../../src/core/oid.js";
import type { IdxPosition, PackPosition } from "../../src/core/positions.js";
import { encodeIdx, type IdxContent } from "../../src/formats/idx/encode.js";
import { IdxView } from "../../src/formats/idx/view.js";
import { computeReverseIndex, encodeRev, RevView } from "../../src/formats/rev.js";
import { randomTable } from "../support/fake-idx.js";
import { forEachGit, runGit } from "../support/gits.js";
import { copyRepository, makeRepository } from "../support/repository-maker.js";
import { makeTempFolder } from "../support/temp.js";
import { assertSameBytes } from "./twins.js";

/** Reads a file of git's through our view. */
function openIdx(path: string, format: ObjectFormat): IdxView {
  return new IdxView(new MemorySource(path, readFileSync(path)), format);
}

/** Everything an index says, as columns. */
function contentOf(idx: IdxView, crc32s: Uint32Array): IdxContent {
  const { format, count } = idx;
  const ids = new Uint8Array(count * format.byteLength);
  for (let i = 0; i < count; i++) ids.set(idx.ids.idAt(i), i * format.byteLength);
  return { format, count, ids, offsets: idx.offsets(), crc32s, packChecksum: idx.packChecksum() };
}

function crc32sOf(idx: IdxView): Uint32Array {
  return Uint32Array.from({ length: idx.count }, (_, i) => idx.crc32At(i as IdxPosition) ?? 0);
}

const encodings = [
  { arg: "1", encoding: { version: 1 } },
  { arg: "2", encoding: {} },
  { arg: "2,0xc", encoding: { largeOffsetLimit: 0xc } },
  { arg: "2,0x1ff", encoding: { largeOffsetLimit: 0x1ff } },
] as const;

const formats = { sha1, sha256 };

for (const name of ["sha1", "sha256"] as const) {
  const format = formats[name];
  const made = makeRepository({ format: name, packs: 4, objects: [1, 20, 300, 2], emptyPack: true });

  forEachGit(2, 31, "pack indexes and reverse indexes byte for byte", (git) => {
    for (const { arg, encoding } of encodings) {
      test(`${name} indexes of version ${arg} are encoded as ${git.label} writes them`, () => {
        for (const { pack } of made.packs) {
          const folder = makeTempFolder("idx");
          const [chosen, plain] = [join(folder, "chosen.idx"), join(folder, "plain.idx")];
          runGit(git, ["index-pack", `--index-version=${arg}`, "-o", chosen, pack], { cwd: made.path });
          // Version 1 says nothing of CRCs.
          runGit(git, ["index-pack", "--index-version=2", "-o", plain, pack], { cwd: made.path });
          const content = contentOf(openIdx(chosen, format), crc32sOf(openIdx(plain, format)));
          assertSameBytes(encodeIdx(content, encoding, env.createHasher(format)), readFileSync(chosen), pack);
        }
      });
    }

    test(`${name} reverse indexes are computed and encoded as ${git.label} writes them`, () => {
      const repository = copyRepository(made, { ownBytes: true });
      let rows = 0;
      for (const { pack, idx: idxPath } of repository.packs) {
        runGit(git, ["index-pack", "--rev-index", pack], { cwd: repository.path });
        const revPath = `${pack.slice(0, -5)}.rev`;
        const theirs = readFileSync(revPath);
        const idx = openIdx(idxPath, format);
        const computed = computeReverseIndex(idx.offsets());
        const encoded = encodeRev(format, computed, idx.packChecksum(), env.createHasher(format));
        assertSameBytes(encoded, theirs, revPath);
        const view = new RevView(new MemorySource(revPath, theirs), format, idx.count);
        for (const [i, position] of computed.entries()) assert.equal(view.idxPositionAt(i as PackPosition), position);
        rows += computed.length;
      }
      assert.equal(rows, 323);
    });
  });

  forEachGit(2, 30, "pack indexes with offsets beyond 4 GiB", (git) => {
    test(`${name} indexes of ours with offsets beyond 4 GiB are read by ${git.label} as they are meant`, () => {
      const table = randomTable(1000, 3, { format: name, firstOffset: 2 ** 31 - 32_000, step: 2 ** 23 + 3 });
      const content: IdxContent = {
        format,
        count: 1000,
        ids: table.oids,
        offsets: table.offsets,
        crc32s: Uint32Array.from(table.offsets, (offset) => offset % 4_000_000_007),
        packChecksum: new Uint8Array(format.byteLength).fill(7),
      };
      const bytes = encodeIdx(content, { version: 1 }, env.createHasher(format));
      const shown = runGit(git, ["show-index", `--object-format=${name}`], { input: bytes })
        .stdout.trimEnd()
        .split("\n");
      const meant = Array.from(table.offsets, (offset, i) => {
        const id = Buffer.from(table.oids.subarray(i * format.byteLength, (i + 1) * format.byteLength)).toString("hex");
        return `${offset} ${id} (${content.crc32s[i]!.toString(16).padStart(8, "0")})`;
      });
      assert.deepEqual(shown, meant);
    });
  });
}
