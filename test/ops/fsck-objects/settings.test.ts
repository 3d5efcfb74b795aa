import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { GitmidxError } from "../../../src/core/errors.js";
import { sha1 } from "../../../src/core/oid.js";
import { ObjectChecker } from "../../../src/ops/fsck-objects/object-checker.js";
import { parseFsckSettings } from "../../../src/ops/fsck-objects/settings.js";
import { NodeFs } from "../../../src/store/node-fs.js";
import { newestGit, runGit } from "../../support/gits.js";
import { contentBytes, objectId } from "../../support/raw-pack.js";
import { makeTempFolder } from "../../support/temp.js";

const folder = makeTempFolder("fsck-settings");
const reading = { fs: new NodeFs(), format: sha1, resolve: (path: string) => path };
const list = join(folder, "skip");

const texts = [
  "nonsense=warn",
  "badTree",
  "badTree=",
  "badTree=no",
  "BADTREE=Warn",
  "nulInHeader=warn",
  "unterminatedHeader=ignore",
  "skiplist",
  `skiplist=${join(folder, "none")}`,
  `skiplist=${list}`,
  "largePathname=warn:x",
  "largePathname=x:5",
  "=warn",
];

test("settings that git does not take are refused in git's words", async () => {
  writeFileSync(list, "# a list\n  xyz # no id\n");
  runGit(newestGit(), ["init", "-q", "--bare", "."], { cwd: folder });
  for (const text of texts) {
    const args = ["unpack-objects", `--strict=${text}`];
    const { stderr } = runGit(newestGit(), args, { cwd: folder, status: "any" });
    const ours = await parseFsckSettings(text, reading).then(
      // Where git takes the text, it goes on to the pack, which is not there.
      () => "fatal: early EOF\n",
      (error: unknown) => (error instanceof GitmidxError ? `fatal: ${error.message}\n` : String(error)),
    );
    assert.equal(ours, stderr, text);
  }
});

test("severities and lists that git takes are taken", async () => {
  const commit = "tree x\n\n";
  const id = objectId("commit", commit);
  writeFileSync(list, `# comment\n\n  ${id.toString("hex").toUpperCase()}  # known\n`);
  const settings = await parseFsckSettings(
    `badTree=ignore,NULLSHA1:warn | skipList=${list} largePathname=error:1k`,
    reading,
  );
  assert.deepEqual(settings, {
    severities: { badTree: "ignore", nullSha1: "warn", largePathname: "error" },
    skipped: [id.toString("hex")],
    maxNameByteLength: 1024,
  });
  const checker = new ObjectChecker(sha1, settings);
  assert.deepEqual(checker.check("commit", id, contentBytes(commit)), []);
  assert.equal(new ObjectChecker(sha1).check("commit", id, contentBytes(commit)).length > 0, true);
});
