import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { isGitmidxError } from "../../../src/core/errors.js";
import { GitConfig } from "../../../src/store/config/git-config.js";
import { parseConfig } from "../../../src/store/config/parse.js";
import { isAtLeast, newestGit, runGit, systemGit } from "../../support/gits.js";
import { scale } from "../../support/scale.js";
import { makeTempFolder } from "../../support/temp.js";

const file = join(makeTempFolder("config"), "config");

function configOf(text: string): GitConfig {
  const bytes = new TextEncoder().encode(text);
  const entries = [...parseConfig(bytes, file)].map(({ key, value, line }) => ({
    key,
    value,
    origin: { scope: "local" as const, file, line },
  }));
  return new GitConfig(entries);
}

type Kind = "bool" | "int" | "bool-or-int";

function asGitPrints(config: GitConfig, kind: Kind): string {
  try {
    const value = kind === "bool" ? config.bool("t.v") : kind === "int" ? config.int64("t.v") : config.boolOrInt("t.v");
    return `${value}\n`;
  } catch (error) {
    assert.ok(isGitmidxError(error, "bad-config"), String(error));
    return `fatal: ${error.message}\n`;
  }
}

/** The line of a config file that gives `t.v` this text as its value. */
function lineOf(value: string): string {
  return `[t]\nv = "${value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"\n`;
}

function assertSameAsGit(text: string, kind: Kind, git = newestGit()): void {
  writeFileSync(file, text);
  const run = runGit(git, ["config", "--file", file, `--type=${kind}`, "t.v"], { status: "any" });
  assert.equal(asGitPrints(configOf(text), kind), run.status === 0 ? run.stdout : run.stderr, JSON.stringify(text));
}

const words = ["true", "Yes", "ON", "false", "nO", "off", "", "1", "0", "-1", "2", "maybe", "t", "truely", "1k", "0k"];
const numbers = [
  "0x10",
  "000000000000000000000000000000017",
  "0x0000000000000000000000000000000f",
  "0X1f",
  "017",
  "08",
  "+5",
  "-7",
  " 3",
  "3 ",
  "1k",
  "1K",
  "1m",
  "1G",
  "1kb",
  "1.5",
  "k",
  "-",
];
const large = ["2147483647", "2147483648", "-2147483647", "-2147483649", "2g", "4294967296", "9007199254740991"];
const overflowing = [
  "9223372036854775808",
  "-9223372036854775809",
  "99999999999999999999",
  "8796093022208m",
  "1".repeat(3000),
];

test("every spelling of a boolean or a number means to us what it means to git, down to the message", () => {
  for (const value of [...words, ...numbers, ...large, ...overflowing, "0x", "0xg", "1\n", "\u212a", "1\u212a"]) {
    for (const kind of ["bool", "int", "bool-or-int"] as const) assertSameAsGit(lineOf(value), kind);
  }
  for (const value of words) assertSameAsGit(lineOf(value), "bool", systemGit());
});

test("the smallest number of a kind is in its range", () => {
  for (const [value, kind] of [
    ["-2147483648", "bool"],
    ["-2g", "bool-or-int"],
    ["-2147483648", "bool-or-int"],
  ] as const) {
    if (isAtLeast(newestGit(), 2, 55)) assertSameAsGit(lineOf(value), kind);
    assert.doesNotMatch(asGitPrints(configOf(lineOf(value)), kind), /fatal/);
  }
});

test("a name without a value is true, and no number", () => {
  for (const kind of ["bool", "int", "bool-or-int"] as const) assertSameAsGit("[t]\nv\n", kind);
});

const digitish = fc.string({ unit: fc.constantFrom(..."0123456789xabfkKmMgG+- ."), minLength: 1, maxLength: 21 });

test("random texts are to us the numbers and booleans that they are to git", () => {
  const kinds = fc.constantFrom<Kind>("bool", "int", "bool-or-int");
  fc.assert(
    fc.property(digitish, kinds, (value, kind) => {
      // numbers above 2^53 are rounded on our side by design
      fc.pre(!/\d{16}|[0-9a-f]{14}|\d{7,} *[gm]|-2147483648|-2 *g|-2048m/i.test(value));
      assertSameAsGit(lineOf(value), kind);
    }),
    { numRuns: scale(200, 10_000) },
  );
});

test("sizes are read as git reads core.bigFileThreshold and pack.packSizeLimit", () => {
  const cwd = makeTempFolder("repository");
  runGit(newestGit(), ["init", "-q", "--bare", "."], { cwd });
  for (const value of ["512m", "1g", "-1", "18446744073709551615", "18446744073709551616", "1x", "", "17179869184g"]) {
    const run = runGit(newestGit(), ["-c", `pack.packSizeLimit=${value}`, "pack-objects", "-q", "--stdout"], {
      cwd,
      status: "any",
    });
    const origin = { scope: "command", file: undefined, line: undefined } as const;
    const config = new GitConfig([{ key: "pack.packsizelimit", value, origin }]);
    let said = "";
    try {
      config.uint64("pack.packSizeLimit");
    } catch (error) {
      said = `fatal: ${(error as Error).message}\n`;
    }
    const theirs = run.stderr.split("\n").find((line) => line.startsWith("fatal: "));
    assert.equal(said, theirs === undefined ? "" : `${theirs}\n`, value);
  }
});

test("the last value wins, and all can be had", () => {
  const config = configOf("[a]\nB = 1\nb = 2\n[A]\nb = 3\n");
  assert.equal(config.get("a.b"), "3");
  assert.equal(config.get("A.B"), "3");
  assert.deepEqual(config.getAll("a.b"), ["1", "2", "3"]);
  assert.deepEqual(config.entry("a.b")?.origin, { scope: "local", file, line: 5 });
  assert.equal(config.get("a.c"), undefined);
  assert.equal(config.int("a.b"), 3);
});

test("a subsection's case counts, a section's and a name's do not", () => {
  const config = configOf('[Core "Sub"]\nName = x\n[core "sub"]\nname = y\n');
  assert.equal(config.get("CORE.Sub.NAME"), "x");
  assert.equal(config.get("core.sub.name"), "y");
  assert.equal(config.has("core.SUB.name"), false);
});

test("text is asked of a name without a value: git's words, with the file and the line", () => {
  assert.throws(() => configOf("[a]\nb\n").get("a.b"), {
    code: "bad-config",
    path: file,
    message: `bad config variable 'a.b' in file '${file}' at line 2\nmissing value for 'a.b'`,
  });
});

test("a key without a section is a mistake of the caller", () => {
  for (const key of ["", "bare", ".bare", "core.", "core.b_c", "co re.bare"]) {
    assert.throws(() => configOf("").get(key), TypeError, key);
  }
});
