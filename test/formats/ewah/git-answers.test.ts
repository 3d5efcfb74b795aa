// portable
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { toHex } from "../../../src/core/oid.js";
import { EwahBuilder, ewahOfBits, typeEwahOfBits } from "../../../src/formats/ewah/build.js";
import { xorEwah, xorWordCount } from "../../../src/formats/ewah/combine.js";
import type { Ewah } from "../../../src/formats/ewah/ewah.js";
import { type BitRange, bitsOfRanges, readStored, storedEwah } from "../../support/bit-ranges.js";

/** What git's own code answered: see fixtures/make/ewah.sh. */
const answers = readFileSync(fileURLToPath(new URL("../../../../fixtures/ewah/answers.txt", import.meta.url)), "utf8")
  .trim()
  .split("\n")
  .map((line) => {
    const [question = "", answer = ""] = line.split(" = ");
    const [what = "", ...operands] = question.split(" ");
    return { what, operands, answer };
  });

function answersTo(wanted: string) {
  const found = answers.filter(({ what }) => what === wanted);
  assert.ok(found.length >= 50);
  return found;
}

function rangesOf(operands: readonly string[]): BitRange[] {
  return operands.map((text): BitRange => {
    const [first = 0, last = first] = text.split("-").map(Number);
    return [first, last];
  });
}

/** A bitmap as the answers show it: stored, and its checksum. */
function shown(ewah: Ewah): string {
  return `${toHex(storedEwah(ewah))} ${ewah.checksum().toString(16).padStart(8, "0")}`;
}

test("bits that are added one after the other are compressed to git's bytes", () => {
  for (const { operands, answer } of answersTo("set")) {
    const bits = bitsOfRanges(rangesOf(operands));
    const builder = new EwahBuilder();
    bits.forEach((bit) => {
      builder.add(bit);
    });
    assert.equal(shown(builder.finish()), answer);
    assert.equal(shown(typeEwahOfBits(bits)), answer);
  }
});

test("a plain set of bits is compressed to git's bytes, however much room it has", () => {
  for (const { operands, answer } of answersTo("bits")) {
    const bits = bitsOfRanges(rangesOf(operands));
    assert.equal(shown(ewahOfBits(bits)), answer);
    for (const room of [32, 96, 1024]) {
      bits.reserve(32 * bits.words.length + room);
      assert.equal(shown(ewahOfBits(bits)), answer);
    }
  }
});

test("two bitmaps XORed give git's bytes, also where they are XORs of XORs themselves", () => {
  for (const { operands, answer } of answersTo("xor")) {
    const [a, b] = operands.map((hex) => readStored(new Uint8Array(Buffer.from(hex, "hex"))));
    const both = xorEwah(a!, b!);
    assert.equal(shown(both), answer);
    assert.equal(shown(xorEwah(b!, a!)), answer);
    const words = both.words.length / 2;
    assert.equal(xorWordCount(a!, b!), words);
    for (const limit of [1, words - 1, words, words + 1])
      assert.equal(xorWordCount(a!, b!, limit), Math.min(limit, words));
  }
});
