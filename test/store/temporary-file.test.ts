import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryFs } from "../../src/store/memory-fs.js";
import { createTemporary, removeIfThere } from "../../src/store/temporary-file.js";
import { FaultFs } from "../support/fault-fs.js";

function makeFs(): MemoryFs {
  const fs = new MemoryFs();
  fs.makeDirectories("/d");
  return fs;
}

/** A file system on which the first names that are tried are taken. */
class TakenFs extends FaultFs {
  left: number;

  constructor(fs: MemoryFs, taken: number) {
    super(fs);
    this.left = taken;
  }

  override async create(path: string, mode: number) {
    if (this.left-- > 0) return await super.create("/d/taken", mode);
    return await super.create(path, mode);
  }
}

test("a temporary file has six of git's letters and digits in place of XXXXXX, and the mode asked for", async () => {
  const fs = makeFs();
  fs.umask = 0o027;
  const paths = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const file = await createTemporary(fs, "/d/tmp_midx_XXXXXX", 0o444);
    await file.close();
    assert.match(file.path, /^\/d\/tmp_midx_[a-zA-Z0-9]{6}$/);
    paths.add(file.path);
  }
  assert.equal(paths.size, 200);
  assert.equal((await fs.list("/d")).length, 200);
  for (const path of paths) assert.equal((await fs.stat(path))?.mode, 0o440);
  const used = new Set([...paths].flatMap((path) => [...path.slice("/d/tmp_midx_".length)]));
  assert.equal(used.size, 62, "200 names of six letters leave out none of 62");
});

test("a name that is taken is tried with other letters, but not for ever", async () => {
  const fs = makeFs();
  fs.put("/d/taken", new Uint8Array(0));
  const file = await createTemporary(new TakenFs(fs, 999), "/d/tmp_XXXXXX", 0o600);
  await file.close();
  assert.equal((await fs.list("/d")).length, 2);
  await assert.rejects(createTemporary(new TakenFs(fs, 1000), "/d/tmp_XXXXXX", 0o600), {
    code: "exists",
    path: "/d/tmp_XXXXXX",
    message: "Unable to create temporary file '/d/tmp_XXXXXX': File exists",
  });
});

test("a failure to create a temporary file is told in git's words, at once", async () => {
  for (const [error, text] of [
    ["no-space", "No space left on device"],
    ["read-only", "Read-only file system"],
  ] as const) {
    const fs = new FaultFs(makeFs(), { failFrom: 1, error });
    await assert.rejects(createTemporary(fs, "/d/tmp_midx_XXXXXX", 0o444), {
      code: error,
      message: `Unable to create temporary file '/d/tmp_midx_XXXXXX': ${text}`,
    });
    assert.equal(fs.count, 1);
  }
});

test("a template without its six X is a misuse", async () => {
  await assert.rejects(createTemporary(makeFs(), "/d/tmp_XXXXX", 0o444), RangeError);
});

test("removing what is not there is no failure, and what cannot be removed is one", async () => {
  const fs = makeFs();
  fs.put("/d/f", new Uint8Array(0));
  assert.equal(await removeIfThere(fs, "/d/f"), true);
  assert.equal(await removeIfThere(fs, "/d/f"), false);
  assert.equal(await removeIfThere(fs, "/none/f"), false);
  fs.put("/d/f", new Uint8Array(0));
  await fs.chmod("/d", 0o555);
  await assert.rejects(removeIfThere(fs, "/d/f"), { code: "permission-denied" });
});
