/** What `git verify-pack` and `git index-pack` notice of a damaged pack, ours notice too. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { GitmidxError } from "../../src/core/errors.js";
import { indexPackStream } from "../../src/ops/index-pack/index-pack.js";
import { verifyPackFile } from "../../src/ops/verify-pack/verify-pack.js";
import { MemoryFs } from "../../src/store/memory-fs.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { indexOptions, sealedPack, typed } from "../fuzz/pack-targets.js";
import { firstSeed } from "../support/fuzz.js";
import { newestGit, runGit } from "../support/gits.js";
import { mutate } from "../support/mutate.js";
import { samplePacks } from "../support/sample-packs.js";
import { scale } from "../support/scale.js";
import { makeTempFolder } from "../support/temp.js";

const cases = scale(100, 2000);

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

for (const pack of samplePacks) {
  const { format, name } = pack;

  test(`verify-pack refuses what git's refuses, and no more, of ${cases} damaged packs (${name})`, async () => {
    const folder = makeTempFolder("notices");
    const packPath = join(folder, "pack-x.pack");
    writeFileSync(join(folder, "pack-x.idx"), pack.idx);
    const start = firstSeed();
    for (let seed = start; seed < start + cases; seed++) {
      const { bytes, steps } = mutate(pack.bytes, seed, pack.regions);
      // Half of them with a checksum that is right, so that the damage itself must be noticed.
      const given = seed % 2 === 0 ? bytes : sealedPack(bytes, format);
      writeFileSync(packPath, given);
      const args = ["verify-pack", `--object-format=${format.name}`, packPath];
      const { status } = runGit(newestGit(), args, { cwd: folder, status: "any" });
      const ours = await typed(verifyPackFile(new NodeFs(), { packPath }, indexOptions(format)));
      const what = `GITMIDX_SEED=${seed} ${steps.join(", then ")}: ${ours instanceof Error ? ours.message : "sound"}`;
      assert.equal(ours instanceof GitmidxError, status !== 0, what);
    }
  });

  test(`index-pack takes what git's takes of ${cases} damaged packs with good checksums (${name})`, async () => {
    const folder = makeTempFolder("notices");
    const packPath = join(folder, "pack-x.pack");
    const start = firstSeed();
    for (let seed = start; seed < start + cases; seed++) {
      const { bytes, steps } = mutate(pack.bytes, seed, pack.regions);
      const given = sealedPack(bytes, format);
      writeFileSync(packPath, given);
      const args = ["index-pack", `--object-format=${format.name}`, "-o", join(folder, "pack-x.idx"), packPath];
      const theirs = runGit(newestGit(), args, { cwd: folder, status: "any" });
      const fs = new MemoryFs();
      await fs.mkdir("/objects", 0o777);
      await fs.mkdir("/objects/pack", 0o777);
      const directory = new ObjectDirectory(fs, "/objects", format);
      const ours = await typed(
        indexPackStream(directory, { stream: once(given), behind: "refuse" }, indexOptions(format)),
      );
      const what = `GITMIDX_SEED=${seed} ${steps.join(", then ")}: ${ours instanceof Error ? ours.message : "taken"}\n${theirs.stderr}`;
      assert.equal(ours instanceof GitmidxError, theirs.status !== 0, what);
    }
  });
}
