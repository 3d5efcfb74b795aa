// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOfName } from "../../../src/bytes/name-text.js";
import { MemorySource } from "../../../src/bytes/source.js";
import {
  comparePackNames,
  encodePackNames,
  packNameFault,
  quotePackName,
  readPackNames,
} from "../../../src/formats/midx/pack-names.js";

function read(bytes: Uint8Array, count: number, ascending = true) {
  const file = new Uint8Array(bytes.length + 8);
  file.set(bytes, 8);
  const chunk = { id: 0, name: "PNAM", offset: 8, byteLength: bytes.length };
  return readPackNames(new MemorySource("f", file), chunk, count, ascending);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const name = fc.string({ unit: "binary", maxLength: 20 }).map((text) => `${text.replaceAll("\0", "")}.idx`);

test("names that were encoded are read back, in a chunk whose size is a multiple of 4", () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 20 }), (names) => {
      const sorted = names.map((text) => new TextDecoder().decode(bytesOfName(text))).sort(comparePackNames);
      const unique = [...new Set(sorted)];
      const bytes = encodePackNames(unique);
      assert.equal(bytes.length % 4, 0);
      const found = read(bytes, unique.length);
      assert.deepEqual(found.names, unique);
      assert.deepEqual(
        found.problems.filter(({ code }) => code !== "bad-pack-name"),
        [],
      );
    }),
  );
});

test("names are ordered as their bytes are", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      const wanted = Math.sign(Buffer.compare(bytesOfName(a), bytesOfName(b)));
      assert.equal(Math.sign(comparePackNames(a, b)), wanted);
      assert.equal(Math.sign(comparePackNames(a, `${a}x`)), -1);
    }),
  );
  // UTF-16 has these two the other way round
  assert.ok(comparePackNames("\uffee.idx", "\u{1f600}.idx") < 0);
  assert.ok(comparePackNames("pack-1.idx", "pack-10.idx") < 0);
  assert.equal(comparePackNames("pack-1.idx", "pack-1.idx"), 0);
});

const faults: [name: string, fault: string | undefined][] = [
  ["pack-0123.idx", undefined],
  ["x.idx", undefined],
  ["..idx", undefined],
  ["päck.idx", undefined],
  [`${"x".repeat(251)}.idx`, undefined],
  ["", "is empty"],
  [".idx", "does not end in .idx behind a name"],
  ["pack-0123.pack", "does not end in .idx behind a name"],
  ["..", "does not end in .idx behind a name"],
  ["../pack-0123.idx", "contains a path separator"],
  ["/etc/x.idx", "contains a path separator"],
  ["a\\b.idx", "contains a path separator"],
  ["a\nb.idx", "contains a control character"],
  ["\x1b[2J.idx", "contains a control character"],
  ["a\x7f.idx", "contains a control character"],
  ["a\x9b2J.idx", "contains a control character"],
  [`${"x".repeat(252)}.idx`, "is longer than a file name can be"],
  [`${"ä".repeat(126)}.idx`, "is longer than a file name can be"],
];

test("a name that must not be joined to a path says why", () => {
  for (const [text, fault] of faults) assert.equal(packNameFault(text), fault, JSON.stringify(text));
});

test("a hostile name is read as it is, with its fault and its place, and may stand in a message", () => {
  for (const [text, fault] of faults) {
    const bytes = utf8(`${text}\0`.padEnd(Math.ceil((text.length + 1) / 4) * 4, "\0"));
    const { names, problems } = read(bytes, 1);
    assert.deepEqual(names, [text]);
    const wanted = {
      code: "bad-pack-name",
      message: `pack name ${quotePackName(text)} ${fault}`,
      offset: 8,
      fatal: false,
    };
    assert.deepEqual(
      problems.filter(({ code }) => code === "bad-pack-name"),
      fault === undefined ? [] : [wanted],
    );
    assert.doesNotMatch(quotePackName(text), /\p{Cc}/u);
    assert.ok(quotePackName(text).length <= 700);
  }
  assert.equal(quotePackName("a\n\x1b\x9bb"), "'a\\u000a\\u001b\\u009bb'");
  assert.equal(quotePackName("x".repeat(101)), `'${"x".repeat(100)}…'`);
});

test("a name of 100 KB, or of a megabyte of bytes that are no text, is cut and faulty", () => {
  for (const bytes of [utf8(`${"x".repeat(100_000)}.idx\0`), new Uint8Array(1 << 20).fill(0xff, 0, (1 << 20) - 1)]) {
    const { names, problems } = read(bytes, 1);
    assert.equal(names?.[0]?.length, 4096);
    assert.equal(problems[0]!.code, "bad-pack-name");
  }
  // long names that differ only behind the cut are still in order
  const two = utf8(`${"x".repeat(5000)}a\0${"x".repeat(5000)}b\0`);
  assert.equal(
    read(two, 2).problems.some(({ code }) => code === "bad-pack-order"),
    false,
  );
});

test("names out of order are fatal where order is demanded, as are equal ones; otherwise only equal ones are a problem", () => {
  const falling = utf8("b.idx\0a.idx\0");
  const message = "multi-pack-index pack names out of order: 'b.idx' before 'a.idx'";
  assert.deepEqual(read(falling, 2, true).problems, [{ code: "bad-pack-order", message, offset: 14, fatal: true }]);
  assert.deepEqual(read(falling, 2, false).problems, []);
  const equal = utf8("a.idx\0a.idx\0");
  assert.deepEqual(
    read(equal, 2, true).problems.map(({ code, fatal }) => [code, fatal]),
    [["bad-pack-order", true]],
  );
  assert.deepEqual(
    read(equal, 2, false).problems.map(({ code, fatal, offset }) => [code, fatal, offset]),
    [["bad-pack-name", false, 14]],
  );
});

test("fewer names than the header counts are fatal, however many it counts", () => {
  for (const count of [2, 3, 0xffff_ffff]) {
    const { names, problems } = read(utf8("a.idx\0b.i"), count);
    assert.equal(names, undefined);
    const message = `multi-pack-index pack-name chunk is too short: 1 names, not ${count}`;
    assert.deepEqual(problems, [{ code: "bad-chunk-size", message, offset: 14, fatal: true }]);
  }
});

test("what stands behind the last name may be up to three NUL", () => {
  for (const [rest, fault] of [
    ["", false],
    ["\0\0\0", false],
    ["\0\0\0\0", true],
    ["\0x", true],
    ["b.idx\0", true],
  ] as const) {
    const { names, problems } = read(utf8(`a.idx\0${rest}`), 1);
    assert.deepEqual(names, ["a.idx"]);
    assert.deepEqual(
      problems.map(({ code, offset, fatal }) => [code, offset, fatal]),
      fault ? [["bad-padding", 14, false]] : [],
    );
  }
});

test("a chunk of nothing but faults lists a thousand of them, the first fatal one included, and counts the rest", () => {
  const count = 200_000;
  const { names, problems } = read(new Uint8Array(count), count, false);
  assert.equal(names?.length, count);
  assert.equal(problems.length, 1001);
  assert.equal(problems.at(-1)!.message, `${2 * count - 1 - 1000} more faults of pack names are not listed`);
  // a fall behind the first thousand faults
  const late = utf8(`${Array.from({ length: 1500 }, (_, i) => `${i}`.padStart(5, "0")).join("\0")}\0a\0`);
  const fatal = read(late, 1501).problems.filter((problem) => problem.fatal);
  assert.deepEqual(fatal, []);
  const fall = utf8(
    `${Array.from({ length: 1500 }, (_, i) => `${i}`.padStart(5, "0")).join("\0")}\0${"0\0".repeat(3)}`,
  );
  assert.equal(read(fall, 1503).problems.filter((problem) => problem.fatal).length, 1);
});
