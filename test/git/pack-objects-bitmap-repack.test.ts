/** A repack takes away the packs and the bitmap while objects are packed by it: what is sent is whole all the same. */

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packRepository } from "../../src/ops/pack-objects/pack-repository.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { RefStore } from "../../src/store/refs/ref-store.js";
import { discover } from "../store/discovered.js";
import { gitAtLeast, runGit } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";
import { couldNotTest } from "../support/untested.js";
import { type BitmapKind, idsIn, makeBitmapped } from "./bitmap-packs.js";

/** The machine's file system, on which something happens right after a file was opened. */
class InterruptedFs extends NodeFs {
  readonly #extension: string;
  readonly #happen: () => void;
  happened = false;

  constructor(extension: string, happen: () => void) {
    super();
    this.#extension = extension;
    this.#happen = happen;
  }

  override async openSource(path: string): ReturnType<NodeFs["openSource"]> {
    const source = await super.openSource(path);
    if (!this.happened && path.endsWith(this.#extension)) {
      this.happened = true;
      this.#happen();
    }
    return source;
  }
}

const git = gitAtLeast(2, 55);
if (git === undefined) couldNotTest("packs from bitmaps during a repack: needs git 2.55 or newer");
else {
  for (const kind of ["pack", "midx", "chain"] as const satisfies readonly BitmapKind[]) {
    test(`the packs of a ${kind} go as soon as its bitmap was opened, or its pack`, async () => {
      const made = makeBitmapped({ git, kind });
      for (const extension of [".bitmap", ".pack"]) {
        const cwd = join(makeTempFolder("repacked"), "r");
        cpSync(made, cwd, { recursive: true, preserveTimestamps: true });
        const fs = new InterruptedFs(extension, () => void runGit(git, ["repack", "-adq", "--window=1"], { cwd }));
        const location = await discover(cwd);
        assert.ok(typeof location !== "string");
        const { format, config, objectDirectory } = location;
        const directories = [new ObjectDirectory(fs, objectDirectory, format)];
        const refs = RefStore.open(fs, location);
        const chunks: Uint8Array[] = [];
        await packRepository(
          { fs, format, config, directories, refs, places: location },
          {},
          {
            select: { kind: "revisions", all: true },
            output: { kind: "stream", write: async (bytes) => void chunks.push(bytes.slice()) },
            threads: 1,
          },
        );
        assert.ok(fs.happened);
        const ids = idsIn(git, { cwd, args: [], options: {} }, Buffer.concat(chunks));
        const listed: readonly string[] = runGit(git, ["rev-list", "--objects", "--all"], { cwd })
          .stdout.trim()
          .split("\n");
        assert.deepEqual(ids, listed.map((line) => line.split(" ")[0]!).sort(), extension);
      }
    });
  }
}
