// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { maxChainLayers } from "../../../src/core/limits.js";
import { type ObjectFormat, sha1, sha256 } from "../../../src/core/oid.js";
import { encodeChain, parseChain } from "../../../src/formats/midx/chain.js";
import { chainFile, readFixture } from "../../support/midx-fixtures.js";

const [a, b, c] = ["a", "b", "c"].map((digit) => digit.repeat(40)) as [string, string, string];

function parse(text: string, format: ObjectFormat = sha1) {
  return parseChain(
    Uint8Array.from(text, (char) => char.charCodeAt(0)),
    format,
  );
}

function checksums(text: string): string[] {
  return parse(text).lines.map(({ checksum }) => checksum);
}

/** The problems of a text as `offset: message`, fatal ones with a `!`. */
function problems(text: string): string[] {
  return parse(text).problems.map(({ offset, message, fatal }) => `${offset}${fatal ? "!" : ""}: ${message}`);
}

test("a chain that git wrote has its layers in order and nothing wrong", () => {
  for (const name of ["chain-sha1", "chain-sha256"] as const) {
    const fixture = readFixture(name);
    const bytes = fixture.files.get(chainFile)!;
    const { lines, problems } = parseChain(bytes, fixture.format);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      lines.map(({ checksum }) => `multi-pack-index.d/multi-pack-index-${checksum}.midx`),
      fixture.midxPaths,
    );
    assert.deepEqual(encodeChain(lines.map(({ checksum }) => checksum)), bytes);
  }
});

test("each line has its number and its place", () => {
  assert.deepEqual(parse(`${a}\n${b}\n${c}\n`).lines, [
    { checksum: a, line: 1, offset: 0 },
    { checksum: b, line: 2, offset: 41 },
    { checksum: c, line: 3, offset: 82 },
  ]);
});

test("an empty file has no layers and nothing wrong; a short one is too small", () => {
  assert.deepEqual(parse(""), { lines: [], problems: [] });
  for (const text of ["\n", "x", a.slice(1), `${a.slice(2)}\n`]) {
    assert.deepEqual(checksums(text), []);
    assert.deepEqual(problems(text), ["0!: multi-pack-index chain file too small"]);
  }
});

test("a line that does not begin with a checksum ends the chain, in git's words", () => {
  for (const bad of ["x".repeat(40), `${a.slice(1)}g`, `${" "}${a.slice(1)}`, a.slice(0, 39), ""]) {
    const text = `${a}\n${bad}\n${c}\n${c}\n`;
    assert.deepEqual(checksums(text), [a], bad);
    assert.deepEqual(problems(text), [`41!: invalid multi-pack-index chain: line '${bad}' not a hash`]);
  }
});

test("a line's text may be shown: control characters are escaped, and no more than 100 are", () => {
  const text = `${"\x1b[2J\x9b".repeat(100)}\n`;
  const [problem] = parse(text).problems;
  assert.doesNotMatch(problem!.message, /\p{Cc}/u);
  assert.ok(problem!.message.length < 800);
  assert.match(problem!.message, /^invalid multi-pack-index chain: line '\\u001b\[2J/);
});

test("capitals, and more behind the checksum, are read as git reads them, and noted", () => {
  assert.deepEqual(checksums(`${a.toUpperCase()}\n${b} tail\n`), [a, b]);
  assert.deepEqual(problems(`${a.toUpperCase()}\n${b}\r\n`), [
    `0: line 1 has more than the checksum in lower-case hex: '${a.toUpperCase()}'`,
    `41: line 2 has more than the checksum in lower-case hex: '${b}\\u000d'`,
  ]);
});

test("a last line without a line feed is read where the size has room for it, and noted", () => {
  assert.deepEqual(checksums(a), []);
  assert.deepEqual(problems(a), ["0: line 1 lies behind the 0 lines that the file's size allows"]);
  assert.deepEqual(checksums(`${a}\n${b}`), [a]);
  assert.deepEqual(problems(`${a}\n${b}`), ["41: line 2 lies behind the 1 lines that the file's size allows"]);
  assert.deepEqual(checksums(`${a}  \n${b}`), [a, b]);
  assert.deepEqual(problems(`${a}  \n${b}`).slice(1), ["83: line 2 does not end in a line feed"]);
});

test("a layer that is named twice is read twice, as git does, and noted", () => {
  assert.deepEqual(checksums(`${a}\n${b}\n${a}\n`), [a, b, a]);
  assert.deepEqual(problems(`${a}\n${b}\n${a}\n`), [`82: layer ${a} of line 1 stands again in line 3`]);
});

test("a chain of more lines than any repository has layers ends there", () => {
  const lines = Array.from({ length: maxChainLayers + 5 }, (_, i) => i.toString(16).padStart(40, "0"));
  const { lines: read, problems } = parse(`${lines.join("\n")}\n`);
  assert.equal(read.length, maxChainLayers);
  assert.deepEqual(
    problems.map(({ offset, fatal }) => [offset, fatal]),
    [[41 * maxChainLayers, true]],
  );
});

test("whatever the file holds, lines are checksums in ascending places, no more than the size allows, and no problem lies outside", () => {
  const line = fc.oneof(
    fc.constantFrom(a, b, c, ""),
    fc.string({ unit: fc.constantFrom(..."0123456789abcdefABCDEFg\n\0 \xff"), maxLength: 90 }),
    fc.stringMatching(/^[0-9a-fA-F]{40}$/),
    fc.stringMatching(/^[0-9a-f]{64}$/),
  );
  fc.assert(
    fc.property(
      fc.array(line),
      fc.constantFrom("\n", "\r\n", "", "\0"),
      fc.constantFrom(sha1, sha256),
      (list, end, format) => {
        const text = list.map((part) => part + end).join("");
        const { lines, problems } = parse(text, format);
        assert.ok(lines.length <= Math.floor(text.length / (format.hexLength + 1)));
        for (const [i, { checksum, line: number, offset }] of lines.entries()) {
          assert.equal(number, i + 1);
          assert.match(checksum, /^[0-9a-f]+$/);
          assert.equal(checksum.length, format.hexLength);
          assert.equal(text.slice(offset, offset + format.hexLength).toLowerCase(), checksum);
          assert.ok(offset === 0 || text[offset - 1] === "\n");
        }
        for (const { offset, code } of problems) {
          assert.equal(code, "bad-chain");
          assert.ok(offset >= 0 && offset <= text.length);
        }
        assert.ok(problems.filter(({ fatal }) => fatal).length <= 2);
      },
    ),
    { numRuns: 500 },
  );
});
