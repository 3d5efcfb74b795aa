import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gits, gitsFolder, runGit, runProgram, systemGit } from "./support/gits.js";
import { makeRepository } from "./support/repository-maker.js";
import { makeTempFolder } from "./support/temp.js";

const script = fileURLToPath(new URL("../../bin/try.js", import.meta.url));
const env = { GITMIDX_GITS: gitsFolder(), TMPDIR: makeTempFolder("try") };

test("npm run try without a repository makes one, and gitmidx and every git find each of its states whole", () => {
  const { stdout, stderr } = runProgram(process.execPath, [script], { env });
  assert.equal(stdout.match(/^wrote .*\.midx/gm)?.length, 6, stdout + stderr);
  assert.equal(stdout.match(/^gitmidx finds nothing wrong$/gm)?.length, 2);
  assert.equal(stdout.match(/^wrote .*\.bitmap/gm)?.length, 3);
  const readers = gits().map(({ version }) => (version[0] > 2 || version[1] >= 47 ? 3 : 2));
  assert.equal(
    stdout.match(/^git finds nothing wrong$/gm)?.length,
    readers.reduce((sum, states) => sum + states, 0),
  );
});

test("npm run try with a repository writes its multi-pack-index and touches nothing else", () => {
  const repository = makeRepository({ packs: 3 });
  const names = () => runProgram("find", [".git", "-type", "f"], { cwd: repository.path }).stdout.split("\n").sort();
  const before = names();
  const { stdout } = runProgram(process.execPath, [script, repository.path], { env });
  assert.match(stdout, /^wrote objects\/pack\/multi-pack-index, \d+ bytes$/m);
  assert.deepEqual(
    names(),
    [...before, "./.git/objects/pack/multi-pack-index"].map((name) => name.replace("./", "")).sort(),
  );
  runGit(systemGit(), ["multi-pack-index", "verify"], { cwd: repository.path });
});

test("npm run try says what is wrong with a path that is no repository, and with a repository without packs", () => {
  const nowhere = join(makeTempFolder("try"), "nowhere");
  assert.match(runProgram(process.execPath, [script, nowhere], { env, status: 128 }).stdout, /is not a git repository/);
  runGit(systemGit(), ["init", "-q", nowhere]);
  assert.match(runProgram(process.execPath, [script, nowhere], { env, status: 255 }).stdout, /needs packs/);
});
