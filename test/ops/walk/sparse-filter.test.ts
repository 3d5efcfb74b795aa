import assert from "node:assert/strict";
import { test } from "node:test";
import { newestGit, runGit } from "../../support/gits.js";
import { makeRandomHistory } from "./random-history.js";
import { walked } from "./walked.js";

test("patterns of a sparse checkout take the blobs that git takes", async () => {
  const { path } = makeRandomHistory({ seed: 12, commits: 40 });
  for (const patterns of [
    "*.c\n",
    "/a/\n",
    "a/\n!a/b/\n",
    "/*\n!/*/\n",
    "# comment\n\n\\#x\nx  \nc/**/x\r\n",
    "d e/\n*\n!y.c\n",
    "a/b/long-*.txt\n[xz]*",
  ]) {
    const git = newestGit();
    const blob = runGit(git, ["hash-object", "-w", "--stdin"], { cwd: path, input: patterns }).stdout.trim();
    for (const args of [
      ["--all", `--filter=sparse:oid=${blob}`],
      ["main", "^b0", `--filter=combine:sparse:oid=${blob}+tree:3`],
    ]) {
      const expected = runGit(git, ["rev-list", "--objects", ...args], { cwd: path }).stdout;
      assert.equal(await walked(path, args), expected, `${args.join(" ")}: ${JSON.stringify(patterns)}`);
    }
  }
});
