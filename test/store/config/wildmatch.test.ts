import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { wildmatch } from "../../../src/store/config/wildmatch.js";
import { newestGit, runGit } from "../../support/gits.js";
import { scale } from "../../support/scale.js";
import { makeTempFolder } from "../../support/temp.js";

const place = makeTempFolder("wildmatch");
const patternCount = 40;
for (let i = 0; i < patternCount; i++) writeFileSync(join(place, `inc${i}`), `[inc]\nn = ${i}\n`);

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** Which of the conditions hold, as git sees it in `cwd`. */
function heldByGit(cwd: string, conditions: readonly string[], more: string): readonly boolean[] {
  const text = conditions.map((condition, i) => `[includeIf ${quoted(condition)}]\npath = ${place}/inc${i}\n`).join("");
  const file = join(place, "global");
  writeFileSync(file, text + more);
  const env = { GIT_CONFIG_GLOBAL: file };
  const run = runGit(newestGit(), ["config", "--get-all", "inc.n"], { cwd, env, status: "any" });
  const held = run.stdout.split("\n");
  return conditions.map((_, i) => held.includes(String(i)));
}

/** Compares both answers for a text that is a remote's URL. */
function assertSameForUrl(patterns: readonly string[], text: string): void {
  const held = heldByGit(
    place,
    patterns.map((pattern) => `hasconfig:remote.*.url:${pattern}`),
    `[remote "x"]\nurl = ${quoted(text)}\n`,
  );
  for (const [i, pattern] of patterns.entries()) {
    assert.equal(wildmatch(pattern, text, { ignoreCase: false }), held[i], JSON.stringify({ pattern, text }));
  }
}

const samplePatterns = [
  "",
  "*",
  "**",
  "***",
  "a/b/c",
  "a/*/c",
  "a/**/c",
  "a/**/b/c",
  "**/c",
  "**/a/**",
  "a**c",
  "a/**",
  "a/b/**",
  "a/b/c/**",
  "a/**c",
  "**\\/c",
  "a?b?c",
  "a[/]b/c",
  "a[!x]b/c",
  "[a-c]/[!x-z]/[[:alpha:]]",
  "[]a]/b/c",
  "[^]]/b/c",
  "[[:upper:]]/b/c",
  "[a",
  "[[:nonsense:]]/b/c",
  "[[:]/b/c",
  "[a-]/b/c",
  "[\\a]/b/c",
  "[--b]/b/c",
  "\\a/\\b/\\c",
  "a/b/c\\",
  "a/b/[[:alpha:][:digit:]]",
  "*/*/*",
  "*/*",
  "**/**/**",
  "/**",
  "a//b",
  "*a*/*b*/*c*",
];

test("the well-known kinds of patterns match what they match in git", () => {
  for (const text of ["a/b/c", "a/c", "c", "a/b/x/c", "]/b/c", "a-b-c", "A/b/c", "abc", "[a", "a/", "/", "-/b/c"]) {
    assertSameForUrl(samplePatterns, text);
  }
});

const piece = fc.constantFrom(
  ..."abAB-!^]/.0 ",
  "/",
  "*",
  "**",
  "**/",
  "/**",
  "?",
  "[",
  "[a-b]",
  "[!",
  "[[:upper:]]",
  "\\",
  "é",
);
const pattern = fc.array(piece, { maxLength: 10 }).map((parts) => parts.join(""));
const text = fc
  .array(fc.constantFrom(..."abAB-]/.0", "/", "é", "["), { minLength: 1, maxLength: 10 })
  .map((parts) => parts.join(""));

test("random patterns match random texts as in git", () => {
  const patterns = fc.array(pattern, { minLength: patternCount, maxLength: patternCount });
  fc.assert(
    fc.property(patterns, text, (some, one) => assertSameForUrl(some, one)),
    { numRuns: scale(60, 5_000) },
  );
});

test("random patterns match paths in either case as in git", () => {
  const names = ["Abc/dE", "a/b/C", "A[b]/-x", "B"];
  for (const name of names) {
    mkdirSync(join(place, name), { recursive: true });
    runGit(newestGit(), ["init", "-q", "."], { cwd: join(place, name) });
  }
  const caseful = fc.array(fc.oneof(piece, fc.constantFrom("abc", "DE", "\\A", "[A-C]", "[B]", ".git", ".GIT", "/")), {
    maxLength: 8,
  });
  const patterns = fc.array(
    caseful.map((parts) => parts.join("")),
    { minLength: patternCount, maxLength: patternCount },
  );
  fc.assert(
    fc.property(patterns, fc.constantFrom(...names), (some, name) => {
      const cwd = join(place, name);
      const held = heldByGit(
        cwd,
        some.map((one) => `gitdir/i:${place}/${one}`),
        "",
      );
      for (const [i, one] of some.entries()) {
        const whole = one.endsWith("/") || one === "" ? `${place}/${one}**` : `${place}/${one}`;
        assert.equal(wildmatch(whole, `${cwd}/.git`, { ignoreCase: true }), held[i], JSON.stringify({ one, name }));
      }
    }),
    { numRuns: scale(40, 3_000) },
  );
});

test("no pattern takes more than text times pattern time", () => {
  const start = performance.now();
  assert.equal(wildmatch("*a".repeat(200), "a".repeat(3000), { ignoreCase: false }), true);
  assert.equal(wildmatch(`${"**/a*/".repeat(100)}b`, "a/".repeat(2000), { ignoreCase: false }), false);
  assert.ok(performance.now() - start < 5000);
});
