import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { GitmidxError } from "../../src/core/errors.js";
import { sha1, sha256, toHex } from "../../src/core/oid.js";
import { indexEntries } from "../../src/formats/index-file.js";
import { newestGit, runGit } from "../support/gits.js";
import { seededRandom } from "../support/random.js";
import { makeTempFolder } from "../support/temp.js";

const git = newestGit();

function makeIndex(version: string, format: "sha1" | "sha256"): { bytes: Uint8Array; told: string } {
  const path = join(makeTempFolder("index"), "r");
  runGit(git, ["init", "-q", `--object-format=${format}`, path]);
  mkdirSync(join(path, "dir/sub"), { recursive: true });
  for (const name of ["a", "dir/b", "dir/bb", "dir/sub/c", "name of some length", "z"])
    writeFileSync(join(path, name), name);
  runGit(git, ["add", "-A"], { cwd: path });
  runGit(git, ["update-index", "--index-version", version], { cwd: path });
  if (version !== "2") runGit(git, ["update-index", "--skip-worktree", "dir/bb"], { cwd: path });
  const oid = runGit(git, ["rev-parse", ":a"], { cwd: path }).stdout.trim();
  const lines = [1, 2, 3].map((stage) => `100644 ${oid} ${stage}\tconflict\n`).join("");
  runGit(git, ["update-index", "--index-info"], { cwd: path, input: lines });
  const told = runGit(git, ["ls-files", "-s"], { cwd: path }).stdout;
  return { bytes: new Uint8Array(readFileSync(join(path, ".git/index"))), told };
}

for (const version of ["2", "3", "4"]) {
  for (const format of [sha1, sha256]) {
    test(`an index of version ${version} with ${format.name} has the entries that git lists`, () => {
      const { bytes, told } = makeIndex(version, format.name);
      const lines = [...indexEntries("index", bytes, format)].map(
        ({ name, stage, mode, oid }) => `${mode.toString(8)} ${toHex(oid)} ${stage}\t${name}\n`,
      );
      assert.equal(lines.join(""), told);
    });
  }
}

test("a damaged index gives an error of ours or other entries", () => {
  const { bytes } = makeIndex("4", "sha1");
  const random = seededRandom(3);
  for (let i = 0; i < 3000; i++) {
    const copy = bytes.slice(0, i % 5 === 0 ? random() % bytes.length : bytes.length);
    copy[random() % Math.max(1, copy.length)] = random() & 255;
    try {
      let count = 0;
      for (const _ of indexEntries("index", copy, sha1)) if (++count > 10_000) break;
    } catch (error) {
      assert.ok(error instanceof GitmidxError, String(error));
    }
  }
});
