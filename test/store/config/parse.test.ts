import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { isGitmidxError } from "../../../src/core/errors.js";
import { type ParsedVariable, parseConfig } from "../../../src/store/config/parse.js";
import { type GitBinary, isAtLeast, newestGit, systemGit } from "../../support/gits.js";
import { scale } from "../../support/scale.js";
import { makeTempFolder } from "../../support/temp.js";
import { type ListedVariable, listFile } from "./git-list.js";

const file = join(makeTempFolder("config"), "config");

function ours(bytes: Uint8Array): readonly ParsedVariable[] | string {
  try {
    return [...parseConfig(bytes, file)];
  } catch (error) {
    assert.ok(isGitmidxError(error, "bad-config") && error.path === file, String(error));
    return `fatal: ${error.message}\n`;
  }
}

/** Gits before 2.45 wrote white space inside a value as spaces. */
function asListed(variables: readonly ListedVariable[], git: GitBinary): readonly ListedVariable[] {
  return variables.map(({ key, value }) => ({
    key,
    value: isAtLeast(git, 2, 45) ? value : value?.replace(/[\t\r\n]/g, " "),
  }));
}

function assertSameAsGit(git: GitBinary, text: Uint8Array | string): void {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  writeFileSync(file, bytes);
  const theirs = listFile(git, file);
  const mine = ours(bytes);
  if (typeof theirs === "string" || typeof mine === "string") assert.equal(mine, theirs);
  else assert.deepEqual(asListed(mine, git), asListed(theirs, git));
}

const samples: readonly (readonly [name: string, text: string])[] = [
  ["nothing", ""],
  ["a section and a variable", "[core]\n\tbare = false\n"],
  ["no line end at the end", "[core]\nbare = false"],
  ["names in capitals", '[CoRe "SubSection"]\nBaRe = TRUE\n'],
  ["a section with dots", "[core.Sub.More]\nname = x\n"],
  ["quotes and brackets in a subsection", '[a "b\\"c\\\\d\\ef]g"]\nname = x\n'],
  ["an empty subsection", '[a ""]\nname = x\n'],
  ["a subsection without a section", '[ "sub"]\nname = x\n'],
  ["a variable before any section", "name = x\n"],
  ["variables behind a section's bracket", "[a] b = c\n[a]d\n"],
  ["a variable without a value", "[a]\nb\nc ; comment\n"],
  ["a variable without a value at the end", "[a]\nb"],
  ["an empty value", "[a]\nb =\nc = \nd = ; comment\n"],
  ["escapes", '[a]\nb = x\\ty\\nz\\\\w\\"v\\bu\n'],
  ["an unknown escape", "[a]\nb = \\x\n"],
  ["quotes that open and close inside", '[a]\nb = one" ; # "two" "\n'],
  ["quotes left open", '[a]\nb = "one\nc = two\n'],
  ["comments of both kinds", "# one\n; two\n[a] # three\nb = c#d\ne = f ;g\n"],
  ["a continued line", "[a]\nb = one \\\n   two\n"],
  ["a continued line with a comment behind", "[a]\nb = one \\\n ; two\nc = d\n"],
  ["a continuation at the end", "[a]\nb = c\\"],
  ["CRLF", '[a "x"]\r\nb = c\r\n\r\nd = "e"\r\n'],
  ["CR alone", "[a]\rb = c\rd\r\n"],
  ["white space around and inside", "[a]\n b  =\t  c  \t d \t \n"],
  ["white space in quotes", '[a]\nb = " c "  \nd = e " " f\n'],
  ["a byte order mark", "\ufeff[a]\nb = c\n"],
  ["a byte order mark in the middle", "[a]\n\ufeffb = c\n"],
  ["a digit first", "[a]\n1b = c\n"],
  ["an underscore", "[a]\nb_c = d\n"],
  ["a bracket that is not closed", "[a\nb = c\n"],
  ["an empty section", "[]\nb = c\n"],
  ["a subsection on the next line", '[a\n"b"]\nc = d\n'],
  ["something behind a subsection", '[a "b" c]\nd = e\n'],
  ["a line end in a subsection", '[a "b\n"]\nd = e\n'],
  ["a line end behind a subsection", '[a "b"\n]\nd = e\n'],
  ["an escaped line end in a subsection", '[a "b\\\n"]\nd = e\n'],
  ["NUL in a value and in a subsection", '[a "b\0c"]\nd = e\0f\ng = h\n'],
  ["UTF-8", '[ä]\nb = c\n[a "ä"]\nb = ö\n'],
];

for (const [name, text] of samples) {
  test(`git reads ${name} the same way, or rejects it on the same line`, () => {
    for (const git of [systemGit(), newestGit()]) assertSameAsGit(git, text);
  });
}

test("half a byte order mark is rejected on the line that git names", () => {
  for (const bytes of [[0xef], [0xef, 0xbb], [0xef, 0xbb, 0x0a], [0xef, 0x41], [0xef, 0xbb, 0xbf]]) {
    assertSameAsGit(newestGit(), Uint8Array.from(bytes));
  }
});

test("a value's line is the one on which it ends", () => {
  const text = "[a]\nb = 1\nc = 2 \\\n 3\n\nd\n";
  const lines = [...parseConfig(new TextEncoder().encode(text), file)].map(({ line }) => line);
  assert.deepEqual(lines, [2, 4, 6]);
});

const pieces = [
  ...'[]"\\=;#.- \tabZ9_',
  "\n",
  "\n",
  "\r\n",
  "\r",
  "\0",
  "\u00e4",
  "\ufeff",
  "\\n",
  '\\"',
  "\\\n",
  '[sec "Sub.x"]\n',
  "[s.T]",
  "\nname = value\n",
  '\nkey = "quoted ; text"',
];
const wildBytes = fc
  .array(fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...pieces) }, fc.uint8Array({ maxLength: 2 })), {
    maxLength: 30,
  })
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part))));
const nearlyValid = fc
  .tuple(
    fc.array(
      fc.constantFrom(
        "[core]",
        '[remote "a b"]',
        "[x.Y]",
        "\n",
        "\r\n",
        "name=v",
        "\nname = v w",
        "\nflag",
        " ; c",
        '"q"',
        "\\t",
        "\\\n",
        " ",
        "\t",
      ),
      { maxLength: 25 },
    ),
  )
  .map(([parts]) => Buffer.from(`[a]\n${parts.join("")}`));

test("git accepts the same random files and reads the same values from them", () => {
  fc.assert(
    fc.property(fc.oneof(wildBytes, nearlyValid), (bytes) => assertSameAsGit(newestGit(), bytes)),
    { numRuns: scale(300, 20_000) },
  );
});
