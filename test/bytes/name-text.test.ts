import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOfName, hasEscapedBytes, nameOfBytes, printable } from "../../src/bytes/name-text.js";

test("any bytes come back from their text", () => {
  // Pieces of valid and broken UTF-8: overlong forms, encoded surrogates, values past the last code point, sequences cut short.
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.string({ unit: "grapheme", maxLength: 4 }).map((text) => new TextEncoder().encode(text)),
    fc
      .constantFrom(
        "c080",
        "e08080",
        "eda080",
        "edb2bf",
        "f0808080",
        "f4908080",
        "e282",
        "f09f98",
        "80",
        "ff",
        "efbbbf",
      )
      .map((hex) => Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const bytes = Uint8Array.from(pieces.flatMap((part) => [...part]));
      assert.deepEqual(bytesOfName(nameOfBytes(bytes)), bytes);
    }),
    { numRuns: 2000 },
  );
});

test("text and its UTF-8 are each other's names, byte order marks included", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
      const bytes = new TextEncoder().encode(text);
      assert.equal(nameOfBytes(bytes), text);
      assert.deepEqual(bytesOfName(text), bytes);
      assert.equal(hasEscapedBytes(text), false);
    }),
  );
  assert.equal(nameOfBytes(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])), "\ufeffa");
});

test("a byte that is not UTF-8 is the surrogate that ends in it", () => {
  assert.equal(nameOfBytes(new Uint8Array([0x61, 0xff, 0xc3, 0xa4, 0x80])), "a\udcffä\udc80");
  assert.ok(hasEscapedBytes("a\udcff"));
  assert.deepEqual([...bytesOfName("\ud800")], [0xef, 0xbf, 0xbd], "other surrogates stand for nothing");
});

test("text for messages has no control characters and an end", () => {
  assert.equal(printable("pack-1.idx"), "pack-1.idx");
  assert.equal(printable("é\u{1f600} \udc80'\"\\"), "é\u{1f600} \udc80'\"\\");
  assert.equal(printable("a\0\n\x1b[2J\x7f\x9b\u2028b"), "a\\u0000\\u000a\\u001b[2J\\u007f\\u009b\\u2028b");
  assert.equal(printable("x".repeat(100)), "x".repeat(100));
  assert.equal(printable("x".repeat(101)), `${"x".repeat(100)}…`);
  assert.equal(printable("\n".repeat(9), 2), "\\u000a\\u000a…");
});
