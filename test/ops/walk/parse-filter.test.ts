// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter, parseFilters } from "../../../src/ops/walk/filter/parse-filter.js";
import { newestGit, runGit } from "../../support/gits.js";
import { makeTempFolder } from "../../support/temp.js";

test("specifications are read as git reads them", () => {
  assert.deepEqual(parseFilter("blob:limit=2k"), { kind: "blob:limit", limit: 2048 });
  assert.deepEqual(parseFilter("tree:3"), { kind: "tree", depth: 3 });
  assert.deepEqual(parseFilter("combine:blob:none+tree%3a1"), {
    kind: "combine",
    parts: [{ kind: "blob:none" }, { kind: "tree", depth: 1 }],
  });
  assert.deepEqual(parseFilters(["tree:1", "blob:none"]), {
    kind: "combine",
    parts: [{ kind: "tree", depth: 1 }, { kind: "blob:none" }],
  });
  assert.equal(parseFilters([]), undefined);
});

test("what is no filter is refused in git's words", () => {
  const path = makeTempFolder("filters");
  runGit(newestGit(), ["init", "-q", path]);
  for (const text of [
    "auto",
    "nonsense",
    "blob:limit=x",
    "tree:x",
    "tree:-1",
    "sparse:path=x",
    "object:type=wood",
    "combine:",
    "combine:blob:none+a b",
    "combine:~x",
    "combine:auto",
    "combine:tree:x",
  ]) {
    const args = ["pack-objects", "--revs", "--stdout", `--filter=${text}`];
    const said = runGit(newestGit(), args, { cwd: path, status: 128 }).stderr;
    assert.throws(() => parseFilter(text), { message: said.replace(/^fatal: /, "").trimEnd() }, text);
  }
});
