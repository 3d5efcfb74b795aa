/** Packs and multi-pack-indexes that disappear while they are being opened, because git repacks: tried again, and never called damage. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import { sha1 } from "../../src/core/oid.js";
import { verifyMidx } from "../../src/ops/verify-midx/verify-midx.js";
import { writeMidx } from "../../src/ops/write-midx/write-midx.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { privatePermissions } from "../../src/store/permissions.js";
import { newestGit, runGit } from "../support/gits.js";
import { type MadeRepository, makeRepository } from "../support/repository-maker.js";

const settings = { shared: privatePermissions, sync: false, lock: {} };
const git = newestGit();

/** A file system on which something happens just before certain files are opened or created. */
class EventfulFs extends NodeFs {
  readonly #beforeOpening: (path: string) => void;
  readonly #beforeCreating: (path: string) => void;

  constructor(beforeOpening: (path: string) => void, beforeCreating: (path: string) => void = () => undefined) {
    super();
    this.#beforeOpening = beforeOpening;
    this.#beforeCreating = beforeCreating;
  }

  override create(path: string, mode: number): ReturnType<NodeFs["create"]> {
    this.#beforeCreating(path);
    return super.create(path, mode);
  }

  override openSource(path: string): ReturnType<NodeFs["openSource"]> {
    this.#beforeOpening(path);
    return super.openSource(path);
  }
}

/** Calls `act` before the first file is opened, or created, whose path ends like that. */
function beforeOpening(ending: string, act: () => void): (path: string) => void {
  let done = false;
  return (path) => {
    if (done || !path.endsWith(ending)) return;
    done = true;
    act();
  };
}

function repack(repository: MadeRepository): void {
  runGit(git, ["repack", "-adq"], { cwd: repository.path });
}

function objectCount(repository: MadeRepository): number {
  const { stdout } = runGit(git, ["cat-file", "--batch-all-objects", "--batch-check"], { cwd: repository.path });
  return stdout.trimEnd().split("\n").length;
}

for (const incremental of [false, true]) {
  test(`write${incremental ? " --split" : ""} while git repacks takes the packs that are there afterwards`, async () => {
    const repository = makeRepository({ packs: 5, objects: 10 });
    const fs = new EventfulFs(beforeOpening(".idx", () => repack(repository)));
    const directory = new ObjectDirectory(fs, repository.objectDir, sha1);
    const result = await writeMidx(directory, { settings, incremental });
    assert.equal(result.packs, 1);
    assert.equal(result.objects, objectCount(repository));
  });
}

for (const before of ["nothing", "a multi-pack-index"]) {
  test(`write whose packs git removes while it takes its lock begins anew, where there was ${before}`, async () => {
    const repository = makeRepository({ packs: 5, objects: 10 });
    if (before !== "nothing") runGit(git, ["multi-pack-index", "write"], { cwd: repository.path });
    const fs = new EventfulFs(
      () => undefined,
      beforeOpening("/multi-pack-index.lock", () => repack(repository)),
    );
    const directory = new ObjectDirectory(fs, repository.objectDir, sha1);
    const result = await writeMidx(directory, { settings, version: 2 });
    assert.equal(result.packs, 1);
    assert.equal(result.objects, objectCount(repository));
    assert.equal((await verifyMidx(directory)).errors, 0);
  });
}

test("verify while git repacks and writes the multi-pack-index anew reports the new state, and no fault", async () => {
  const repository = makeRepository({ packs: 5, objects: 10 });
  runGit(git, ["multi-pack-index", "write"], { cwd: repository.path });
  const replaced = beforeOpening(".idx", () => {
    repack(repository);
    runGit(git, ["multi-pack-index", "write"], { cwd: repository.path });
  });
  const report = await verifyMidx(new ObjectDirectory(new EventfulFs(replaced), repository.objectDir, sha1));
  assert.deepEqual(report.findings, []);
  assert.equal(report.layers[0]?.packs, 1);
});

test("verify of a multi-pack-index that never stands still says that it is being replaced, not that it is damaged", async () => {
  const repository = makeRepository({ packs: 2, objects: 10 });
  runGit(git, ["multi-pack-index", "write"], { cwd: repository.path });
  let version = 1;
  const restless = (path: string) => {
    if (!path.endsWith(".idx")) return;
    version = 3 - version;
    runGit(git, ["-c", `midx.version=${version}`, "multi-pack-index", "write"], {
      cwd: repository.path,
      status: "any",
    });
    runGit(git, ["commit", "--allow-empty", "-qm", "restless"], { cwd: repository.path });
    runGit(git, ["repack", "-q"], { cwd: repository.path });
    runGit(git, ["multi-pack-index", "write"], { cwd: repository.path });
  };
  const directory = new ObjectDirectory(new EventfulFs(restless), repository.objectDir, sha1);
  await assert.rejects(verifyMidx(directory), (error: unknown) => isGitmidxError(error, "vanished"));
});
