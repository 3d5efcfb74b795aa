/** Commits, trees and tags, sound and odd, read as git reads them. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { GitmidxError } from "../../../src/core/errors.js";
import { type ObjectType, objectTypeName } from "../../../src/core/object-type.js";
import { sha1, toHex } from "../../../src/core/oid.js";
import { CommitLinks, readCommit } from "../../../src/formats/object/commit.js";
import { readTag, readTagLinks } from "../../../src/formats/object/tag.js";
import { canonicalMode, isBlobMode, isGitlinkMode, isTreeMode, TreeCursor } from "../../../src/formats/object/tree.js";
import { oddCases } from "../../ops/fsck-objects/odd-objects.js";
import { newestGit, runGit } from "../../support/gits.js";
import { type Content, contentBytes, objectId, treeEntry } from "../../support/raw-pack.js";
import { makeTempFolder } from "../../support/temp.js";

const git = newestGit();
const repository = join(makeTempFolder("objects"), "r.git");
runGit(git, ["init", "-q", "--bare", repository]);

/** Puts an object into the repository as it is. */
function put(type: ObjectType, content: Content): string {
  const bytes = contentBytes(content);
  const hex = objectId(type, bytes).toString("hex");
  const folder = join(repository, "objects", hex.slice(0, 2));
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, hex.slice(2)),
    deflateSync(Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes])),
  );
  return hex;
}

const odd = new Map(
  oddCases.flatMap(({ objects }) => objects.map(([type, content]) => [put(type, content), { type, content }] as const)),
);

function ofType(type: ObjectType): [string, Buffer][] {
  return [...odd]
    .filter(([, object]) => object.type === type)
    .map(([hex, { content }]) => [hex, contentBytes(content)]);
}

/** What `read` gives, or git's message of why it cannot. */
function attempt<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof GitmidxError)) throw error;
    assert.equal(error.code, "bad-object");
    return error.message;
  }
}

test("tree, parents and date of odd commits are those that git takes them for", () => {
  let refused = 0;
  for (const [hex, bytes] of ofType("commit")) {
    // A commit may end where it likes in the bytes around it.
    const padded = Buffer.concat([Buffer.from("xx"), bytes, Buffer.from("tail\n> 5 +0000\n")]);
    const links = new CommitLinks(sha1);
    const ours = attempt(() => {
      links.parse(padded, 2, 2 + bytes.length, Buffer.from(hex, "hex"));
      const parents = Array.from({ length: links.parentCount }, (_, i) => ` ${toHex(links.parents, 20 * i, 20)}`);
      return { line: `${BigInt(links.committerSeconds)} ${hex}${parents.join("")}`, tree: toHex(links.tree) };
    });
    const args = ["rev-list", "--no-walk", "--no-commit-header", "--format=%T", hex];
    const theirs = runGit(git, args, { cwd: repository, status: "any" });
    const what = `${JSON.stringify(bytes.toString("latin1"))} ${theirs.stderr}`;
    if (typeof ours === "string") {
      refused++;
      assert.ok(theirs.stderr.includes(`error: ${ours}\n`) || theirs.status !== 0, `${ours} ${what}`);
      continue;
    }
    // Of another object's type only the reader of both knows.
    if (/bad (parent|tree pointer) [0-9a-f]{40} in commit/.test(theirs.stderr)) continue;
    assert.equal(theirs.status, 0, what);
    assert.equal(theirs.stdout.trim(), ours.tree, what);
    const listed = runGit(git, ["rev-list", "--timestamp", "--parents", "--no-walk", hex], { cwd: repository });
    // Dates above 2^53 are rounded.
    if (links.committerSeconds <= Number.MAX_SAFE_INTEGER) assert.equal(listed.stdout.trim(), ours.line, what);
  }
  assert.ok(refused > 3);
});

test("entries of odd trees are those that git lists", () => {
  let refused = 0;
  const cursor = new TreeCursor(sha1);
  for (const [hex, bytes] of ofType("tree")) {
    const ours = attempt(() => {
      const padded = Buffer.concat([Buffer.from("xx"), bytes, Buffer.from("100644 tail\0")]);
      const entries: string[] = [];
      for (cursor.reset(padded, 2, 2 + bytes.length); cursor.next(); ) {
        const { mode, nameStart, nameEnd, idAt } = cursor;
        const type = isTreeMode(mode) ? "tree" : isBlobMode(mode) ? "blob" : "commit";
        assert.equal(isGitlinkMode(mode), type === "commit");
        const shown = canonicalMode(mode).toString(8).padStart(6, "0");
        const name = padded.subarray(nameStart, nameEnd).toString("latin1");
        entries.push(`${shown} ${type} ${toHex(padded, idAt, 20)}\t${name}\0`);
      }
      return { entries: entries.join("") };
    });
    const theirs = runGit(git, ["ls-tree", "-z", hex], { cwd: repository, status: "any" });
    const what = `${JSON.stringify(bytes.toString("latin1"))} ${theirs.stderr}`;
    if (typeof ours === "string") {
      refused++;
      assert.equal(theirs.status, 128, what);
      assert.equal(theirs.stderr, `fatal: ${ours}\n`);
    } else assert.equal(Buffer.from(theirs.bytes).toString("latin1"), ours.entries, what);
  }
  assert.ok(refused > 5);
});

test("odd tags point where git takes them to point", () => {
  let refused = 0;
  for (const [hex, bytes] of ofType("tag")) {
    const ours = attempt(() => readTagLinks(bytes, 0, bytes.length, sha1, Buffer.from(hex, "hex")));
    const args = ["for-each-ref", "--format=%(*objecttype) %(*objectname)", "refs/tags/t"];
    writeFileSync(join(repository, "packed-refs"), `${hex} refs/tags/t\n`);
    const theirs = runGit(git, args, { cwd: repository, status: "any" });
    const what = `${JSON.stringify(bytes.toString("latin1"))} ${theirs.stderr}`;
    if (typeof ours === "string") {
      refused++;
      assert.notEqual(theirs.status, 0, what);
    } else if (odd.has(toHex(ours.target)) && odd.get(toHex(ours.target))!.type === objectTypeName(ours.targetType)) {
      assert.equal(theirs.stdout.trim(), `${objectTypeName(ours.targetType)} ${toHex(ours.target)}`, what);
    }
  }
  assert.ok(refused > 3);
});

test("a commit is read wholly: people, encoding, further headers, message", () => {
  const text =
    `tree ${"1".repeat(40)}\nparent ${"2".repeat(40)}\nparent ${"3".repeat(40)}\n` +
    "author A <b> U Thor <a@example.com> 1700000000 +0130\ncommitter C <c@example.com> 1700000001 -0500\n" +
    "encoding ISO-8859-1\ngpgsig one\n two\n  three\nmergetag x\n\nsubject\n\nbody\u00e9\n";
  const bytes = contentBytes(text);
  const commit = readCommit(bytes, sha1, objectId("commit", text));
  assert.deepEqual(commit, {
    tree: "1".repeat(40),
    parents: ["2".repeat(40), "3".repeat(40)],
    author: { name: "A", email: "b> U Thor <a@example.com", seconds: 1_700_000_000, zone: "+0130" },
    committer: { name: "C", email: "c@example.com", seconds: 1_700_000_001, zone: "-0500" },
    encoding: "ISO-8859-1",
    headers: [
      { key: "gpgsig", value: "one\ntwo\n three" },
      { key: "mergetag", value: "x" },
    ],
    message: "subject\n\nbody\ufffd\n",
    messageBytes: bytes.subarray(bytes.indexOf("subject")),
  });
});

test("a commit with many parents is read, and the next with few", () => {
  const parents = Array.from({ length: 40 }, (_, i) => i.toString(16).padStart(40, "0"));
  const text = `tree ${"1".repeat(40)}\n${parents.map((id) => `parent ${id}\n`).join("")}author A <a@b> 1 +0000\ncommitter A <a@b> 2 +0000\n\n`;
  const links = new CommitLinks(sha1);
  links.parse(contentBytes(text), 0, text.length, objectId("commit", text));
  assert.equal(links.parentCount, 40);
  assert.deepEqual(
    parents.map((_, i) => toHex(links.parents, 20 * i, 20)),
    parents,
  );
  const short = `tree ${"1".repeat(40)}\n\n`;
  links.parse(contentBytes(short), 0, short.length, objectId("commit", short));
  assert.deepEqual([links.parentCount, links.committerSeconds], [0, 0]);
});

test("a tag is read wholly", () => {
  const text = `object ${"1".repeat(40)}\ntype tree\ntag v\u00c3\u00a91\ntagger T <t@example.com> 5 +0000\nx y\n\nmessage\n`;
  assert.deepEqual(readTag(contentBytes(text), sha1, objectId("tag", text)), {
    target: "1".repeat(40),
    targetType: "tree",
    name: "v\u00e91",
    tagger: { name: "T", email: "t@example.com", seconds: 5, zone: "+0000" },
    headers: [{ key: "x", value: "y" }],
    message: "message\n",
  });
});

test("a tree that is cut anywhere gives its sound entries and then git's message", () => {
  const whole = Buffer.concat([treeEntry("100644", "a", "1".repeat(40)), treeEntry("40000", "b", "2".repeat(40))]);
  const cursor = new TreeCursor(sha1);
  const count = (length: number): number | string => {
    let entries = 0;
    return attempt(() => {
      for (cursor.reset(whole, 0, length); cursor.next(); ) entries++;
      return entries;
    });
  };
  for (let length = 0; length <= whole.length; length++) {
    const expected = length === 0 ? 0 : length === 29 ? 1 : length === whole.length ? 2 : "too-short tree object";
    assert.equal(count(length), expected, `${length}`);
  }
});
