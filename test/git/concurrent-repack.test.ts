/** `git repack` at work while we write: what we read is gone, and what we write is right all the same. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { sha1 } from "../../src/core/oid.js";
import { writeMidx } from "../../src/ops/write-midx/write-midx.js";
import { openMidxStack } from "../../src/store/midx-stack.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { privatePermissions } from "../../src/store/permissions.js";
import { forEachGit, runGit } from "../support/gits.js";
import { copyRepository, type MadeRepository, makeRepository, withholdPacks } from "../support/repository-maker.js";

const made = makeRepository({ packs: 5, duplicates: 0.4 });

/** At which of our calls the repack happens. */
interface Moment {
  readonly call: "list" | "stat" | "openSource";
  /** What the path ends in. */
  readonly path: string;
}

/** The machine's file system, on which something happens right after one of the looks at it. */
class InterruptedFs extends NodeFs {
  readonly #moment: Moment;
  readonly #happen: () => void;
  happened = false;

  constructor(moment: Moment, happen: () => void) {
    super();
    this.#moment = moment;
    this.#happen = happen;
  }

  #after(call: Moment["call"], path: string): void {
    if (this.happened || call !== this.#moment.call || !path.endsWith(this.#moment.path)) return;
    this.happened = true;
    this.#happen();
  }

  override async list(path: string): ReturnType<NodeFs["list"]> {
    const entries = await super.list(path);
    this.#after("list", path);
    return entries;
  }

  override async stat(path: string): ReturnType<NodeFs["stat"]> {
    const stat = await super.stat(path);
    this.#after("stat", path);
    return stat;
  }

  override async openSource(path: string): ReturnType<NodeFs["openSource"]> {
    const source = await super.openSource(path);
    this.#after("openSource", path);
    return source;
  }
}

const moments: readonly Moment[] = [
  { call: "list", path: "/pack" },
  { call: "stat", path: `${made.packs[1]!.name}.pack` },
  { call: "stat", path: `${made.packs[4]!.name}.pack` },
  { call: "openSource", path: `${made.packs[3]!.name}.idx` },
];

async function writeInterrupted(repository: MadeRepository, moment: Moment, happen: () => void): Promise<string[]> {
  const fs = new InterruptedFs(moment, happen);
  const warnings: string[] = [];
  await writeMidx(new ObjectDirectory(fs, repository.objectDir, sha1), {
    settings: { shared: privatePermissions, sync: false, lock: {} },
    warn: (text) => warnings.push(text),
  });
  assert.ok(fs.happened);
  return warnings;
}

forEachGit(2, 39, "a repack while we write", (git) => {
  for (const moment of moments) {
    for (const before of ["nothing", "a single file"] as const) {
      const when = `after our ${moment.call} of …${moment.path.slice(-12)}, with ${before} there`;
      test(`a repack by ${git.label} ${when}, is followed by a file of the packs that it leaves`, async () => {
        const repository = copyRepository(made, { git });
        const at = { cwd: repository.path };
        if (before === "a single file") {
          // The last pack is new to it, so that there is something to write.
          const bringBack = withholdPacks(repository, repository.packs.slice(4));
          runGit(git, ["multi-pack-index", "write"], at);
          bringBack();
        }
        const known = before === "a single file" && moment.path.endsWith(".idx");
        const place = known ? { ...moment, path: `${repository.packs[4]!.name}.idx` } : moment;
        const warnings = await writeInterrupted(repository, place, () => runGit(git, ["repack", "-a", "-d", "-q"], at));
        const stack = await openMidxStack(new ObjectDirectory(new NodeFs(), repository.objectDir, sha1));
        const names = stack!.layers.flatMap(({ view }) => view.packNames);
        stack!.close();
        assert.equal(names.length, 1);
        assert.deepEqual(warnings, []);
        runGit(git, ["fsck", "--full"], at);
        const listed = runGit(git, ["cat-file", "--batch-all-objects", "--batch-check"], at).stdout;
        assert.equal(
          listed,
          runGit(git, ["cat-file", "--batch-all-objects", "--batch-check"], { cwd: made.path }).stdout,
        );
      });
    }
  }
});
