/** An index-pack in which a call fails ends with one error, and leaves nothing behind or everything done. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import { indexPackFile } from "../../src/ops/index-pack/index-pack.js";
import type { MemoryFs } from "../../src/store/memory-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { ObjectStore } from "../../src/store/object-store.js";
import type { PackFs } from "../../src/store/pack-fs.js";
import { FaultFs, type FaultPlan } from "../support/fault-fs.js";
import { defaultOptions, emptyDirectory, receive } from "../support/index-pack-run.js";
import { appendDelta, objectId, RawPack } from "../support/raw-pack.js";

/** A way of indexing a pack: in a file system that is made anew each time. */
interface Way {
  readonly what: string;
  begin(): Promise<MemoryFs>;
  act(fs: PackFs): Promise<unknown>;
}

const options = {
  ...defaultOptions(),
  settings: { ...defaultOptions().settings, syncPack: true, syncMetadata: true },
  keep: "because",
};

const base = new RawPack();
base.add("blob", "base\n");

const whole = new RawPack();
whole.addOfsDelta(whole.add("blob", "base\n"), appendDelta(5, "more\n"));

const thin = new RawPack();
thin.addRefDelta(objectId("blob", "base\n"), appendDelta(5, "more\n"));

const ways: readonly Way[] = [
  {
    what: "a file",
    async begin() {
      const { fs } = emptyDirectory();
      fs.put("/objects/pack/x.pack", whole.finish());
      return fs;
    },
    act: (fs) => indexPackFile(fs, { packPath: "/objects/pack/x.pack" }, options),
  },
  {
    what: "a stream",
    begin: async () => emptyDirectory().fs,
    act: (fs) => receive(new ObjectDirectory(fs, "/objects", options.format), whole.finish(), options),
  },
  {
    what: "a thin pack",
    async begin() {
      const { fs, directory } = emptyDirectory();
      await receive(directory, base.finish());
      return fs;
    },
    async act(fs) {
      const directory = new ObjectDirectory(fs, "/objects", options.format);
      const store = await ObjectStore.open([directory]);
      try {
        return await receive(directory, thin.finish(), { ...options, store, directories: [directory], fixThin: true });
      } finally {
        store.close();
      }
    },
  },
];

async function namesIn(fs: MemoryFs): Promise<readonly string[]> {
  return (await fs.list("/objects/pack")).map(({ name }) => name);
}

for (const { what, begin, act } of ways) {
  test(`indexing ${what}: wherever a call fails, nothing is left or all is done`, async () => {
    const reference = await begin();
    const before = await namesIn(reference);
    const counting = new FaultFs(reference, { counts: "changes" });
    await act(counting);
    const after = await namesIn(reference);
    assert.ok(after.length >= before.length + 3);
    for (let call = 1; call <= counting.count; call++) {
      const plans: readonly FaultPlan[] = [
        { counts: "changes", failAt: call, error: "io" },
        { counts: "changes", failAt: call, error: "no-space" },
      ];
      for (const plan of plans) {
        const fs = await begin();
        const thrown = await act(new FaultFs(fs, plan)).then(
          () => undefined,
          (error: unknown) => error,
        );
        const where = `call ${call}: ${counting.log.find(({ number }) => number === call)?.name}`;
        const names = await namesIn(fs);
        if (thrown !== undefined) assert.ok(isGitmidxError(thrown), `${where}: ${thrown}`);
        const isDone = JSON.stringify(names) === JSON.stringify(after);
        assert.ok(isDone || thrown !== undefined, `${where}: no error, and ${names}`);
        // A clean-up whose own call fails can leave the file that it could not remove.
        const isClean = JSON.stringify(names) === JSON.stringify(before);
        const removal = counting.log.find(({ number }) => number === call)?.name === "unlink";
        assert.ok(isDone || isClean || removal, `${where}: ${names}`);
      }
    }
  });

  test(`indexing ${what}: killed at any call, no index is without its pack`, async () => {
    const counting = new FaultFs(await begin(), { counts: "changes" });
    await act(counting);
    for (let call = 1; call <= counting.count; call++) {
      const fs = await begin();
      const dying = new FaultFs(fs, { counts: "changes", stopAt: call, stoppedWrite: "half" });
      await act(dying).catch(() => undefined);
      for (const name of await namesIn(fs)) {
        if (!/^(x|pack-.*)\.(idx|rev)$/.test(name)) continue;
        const names = await namesIn(fs);
        assert.ok(names.includes(name.replace(/idx$|rev$/, "pack")), `call ${call}: ${names}`);
      }
    }
  });
}
