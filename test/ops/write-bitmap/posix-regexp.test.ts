/** Extended regular expressions: what git's matches, ours matches, and as much of it. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isGitmidxError } from "../../../src/core/errors.js";
import { PosixRegExp } from "../../../src/ops/write-bitmap/posix-regexp.js";
import { newestGit, runGit } from "../../support/gits.js";
import { makeTempFolder } from "../../support/temp.js";

const patterns = [
  [
    "^refs/heads/",
    "^refs/tags/(v[0-9]+)",
    "^refs/(a|ab)(c|bcd)?",
    "^refs/[[:alpha:]]+/",
    "^refs/[]a]+",
    "^refs/[^]a]+",
  ],
  ["^a{2,3}", "^a{2}", "^a{,2}b", "^a{1,}", "^a**", "^a+?", "^a{0}b", "^(a{2}){2}", "^a{2}{2}", "^(a*)*b", "^(a|b)*c"],
  ["^()a", "^(|a)b", "^a||b", "^a)", "^x|y", "^(x|y)$", "^\\(x\\)", "^(a?)(ab)?", "^(a|ab)(c|bcd)(d*)", "^(ab|a)(bc)?"],
  ["^[a-]", "^[--/]", "^[[.a.]b]", "^[[=a=]b]", "^[\\]", "^[[:digit:][:upper:]_]+", "^[[:punct:]]", "^[^[:space:]]+$"],
  ["^.", "^.*b", "^a$b", "^\\w+", "^\\W", "^\\<r", "^r\\B", "\\bheads\\b", "heads\\>", "^(a)\\1", "^refs\\/x", "^\\.x"],
  ["^refs/pull/([0-9]+)/head$", "^refs/heads/(.*)/(.*)", "^refs/heads/([^/]+)(/(.*))?", "(heads|tags)/", "^\\u{61}|é"],
].flat();

const wrong = [
  ["^a{x", "^*a", "^(a", "^[a", "^[[:foo:]]", "^[z-a]", "^a\\", "^a{1", "^{2}", "^\\2(a)", "^a{2,1}", "^(*a)", "^a|*b"],
  ["^[[.ab.]]", "^a{70000}", "^[[:alpha]"],
].flat();

const texts = [
  ["refs/heads/main", "refs/tags/v12.3", "refs/abcd", "refs/]a]", "refs/heads/a/b/c", "refs/pull/12/head", "refs/é/ü"],
  [
    "aaa",
    "aab",
    "aaaa",
    "b",
    "ab",
    "abcd",
    "abcc",
    "x",
    "y",
    "zy",
    "(x)",
    "aa",
    "-",
    "/",
    "\\",
    "A_9",
    "baba",
    "r",
    ".x",
  ],
].flat();

test("what an expression matches is what git matches with it", () => {
  const git = newestGit();
  const folder = makeTempFolder("expressions");
  writeFileSync(join(folder, "texts"), texts.map((text) => `${text}\n`).join(""));
  for (const pattern of patterns) {
    const args = ["grep", "--no-index", "-h", "-n", "--column", "-o", "-E", "-e", pattern, "texts"];
    const run = runGit(git, args, { cwd: folder, status: "any", env: { LC_ALL: "C.UTF-8" } });
    assert.equal(run.stderr, "", pattern);
    // Of each line the first match counts: line number, column, text. Git shows no empty ones.
    const expected = new Map<string, string>();
    for (const line of run.stdout.trimEnd().split("\n")) {
      const [, number, column, found] = /^(\d+):(\d+):(.*)$/.exec(line) ?? [];
      if (number !== undefined && !expected.has(number)) expected.set(number, `${column}:${found}`);
    }
    const expression = new PosixRegExp(pattern);
    for (const [i, text] of texts.entries()) {
      const match = expression.exec(text);
      if (match !== undefined && match[0] === "") continue;
      const column = match && Buffer.byteLength(text.slice(0, text.indexOf(match[0]!))) + 1;
      const actual = match && `${column}:${match[0]}`;
      assert.equal(actual, expected.get(`${i + 1}`), `${pattern} in ${text}`);
    }
  }
});

test("what git refuses as an expression is refused", () => {
  const git = newestGit();
  const folder = makeTempFolder("expressions");
  for (const pattern of wrong) {
    const args = ["config", "--file", "none", "--get-regexp", pattern];
    assert.equal(runGit(git, args, { cwd: folder, status: "any" }).status, 6, pattern);
    assert.throws(
      () => new PosixRegExp(pattern),
      (error) => isGitmidxError(error, "bad-config"),
      pattern,
    );
  }
});

test("groups hold what they matched last; of alternatives the first that leads to the longest match", () => {
  const captured = (pattern: string, text: string) => new PosixRegExp(pattern).exec(text)?.slice(1);
  assert.deepEqual(captured("^refs/remotes/([0-9]+)/(heads|tags)/", "refs/remotes/42/tags/x"), ["42", "tags"]);
  assert.deepEqual(captured("^refs/(heads)?/?(x)?", "refs/y"), [undefined, undefined]);
  assert.deepEqual(captured("^(a|ab)(c|bcd)(d*)", "abcd"), ["a", "bcd", ""]);
  assert.deepEqual(captured("^(a?)(ab)?", "ab"), ["", "ab"]);
  assert.equal(new PosixRegExp("^((a)(b)|\\(c\\))").groupCount, 3);
});
