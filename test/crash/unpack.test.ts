// portable
/** Unpacking on a disk that goes bad, and in a process that is killed: whole objects are left, and nothing else. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import { oidFromHex, sha1 } from "../../src/core/oid.js";
import { Repository } from "../../src/repository.js";
import { GitConfig } from "../../src/store/config/git-config.js";
import { MemoryFs } from "../../src/store/memory-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { ObjectStore } from "../../src/store/object-store.js";
import type { PackFs } from "../../src/store/pack-fs.js";
import { FaultFs } from "../support/fault-fs.js";
import { samplePacks } from "../support/sample-packs.js";

const [pack] = samplePacks;
const directory = "/objects";

async function emptyFs(): Promise<MemoryFs> {
  const fs = new MemoryFs();
  await fs.mkdir(directory, 0o777);
  await fs.mkdir(`${directory}/pack`, 0o777);
  return fs;
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < pack!.bytes.length; at += 100) yield pack!.bytes.subarray(at, at + 100);
}

/** Large blobs are streamed, so that both ways of writing are met. */
const config = new GitConfig(
  ["core.bigfilethreshold"].map((key) => ({
    key,
    value: "100",
    origin: { scope: "command" as const, file: undefined, line: undefined },
  })),
);

async function unpack(fs: PackFs, strict: boolean): Promise<unknown> {
  const repository = await Repository.open({ fs, objectDirectory: directory, config });
  try {
    await repository.unpackObjects(pieces(), { strict: strict ? {} : undefined, trusted: true });
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Checks that every object that is there is whole. @returns names of temporary files */
async function checkObjects(fs: MemoryFs): Promise<readonly string[]> {
  const store = await ObjectStore.open([new ObjectDirectory(fs, directory, sha1)], { verify: true });
  const temporary: string[] = [];
  for (const { name: folder, kind } of await fs.list(directory)) {
    if (folder === "pack") continue;
    const names = kind === "directory" ? (await fs.list(`${directory}/${folder}`)).map(({ name }) => name) : [folder];
    for (const name of names) {
      if (name.startsWith("tmp_obj_")) temporary.push(name);
      else assert.ok((await store.read(oidFromHex(folder + name, sha1))) !== undefined, folder + name);
    }
  }
  store.close();
  return temporary;
}

async function countCalls(strict: boolean): Promise<FaultFs> {
  const fs = new FaultFs(await emptyFs(), { counts: "changes" });
  assert.equal(await unpack(fs, strict), undefined);
  return fs;
}

for (const strict of [false, true]) {
  const how = strict ? "strictly" : "as it comes";

  test(`unpacking ${how}: a call that fails is one typed error, and leaves no temporary file`, async () => {
    const { count } = await countCalls(strict);
    for (let failAt = 1; failAt <= count; failAt++) {
      const memory = await emptyFs();
      const fs = new FaultFs(memory, { counts: "changes", failAt });
      const outcome = await unpack(fs, strict);
      const failed = fs.log.find(({ number }) => number === failAt)!;
      const what = `call ${failAt}, ${failed.name} of ${failed.path}`;
      // A file system without links is one where files are renamed.
      if (failed.name === "link") assert.equal(outcome, undefined, what);
      else assert.ok(isGitmidxError(outcome) && /Input\/output error/.test(outcome.message), `${what}: ${outcome}`);
      assert.deepEqual(fs.files.size, 0, what);
      const left = await checkObjects(memory);
      if (failed.name !== "unlink") assert.deepEqual(left, [], what);
    }
  });

  test(`unpacking ${how}: killed at any call it leaves whole objects, and temporary files that git cleans up`, async () => {
    const { count } = await countCalls(strict);
    for (let stopAt = 1; stopAt <= count; stopAt++) {
      const memory = await emptyFs();
      const outcome = await unpack(new FaultFs(memory, { counts: "changes", stopAt, stoppedWrite: "half" }), strict);
      assert.ok(outcome !== undefined);
      await checkObjects(memory);
    }
  });
}
