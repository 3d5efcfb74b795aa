// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toHex } from "../../../src/core/oid.js";
import { decimalAt, hexPrefixOrder, hexWordAt } from "../../../src/ops/compat/hex-order.js";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const id = fc.uint8Array({ minLength: 4, maxLength: 4 });

test("printed ids are in the order of their bytes, wherever they stand in the line", () => {
  fc.assert(
    fc.property(id, id, fc.nat(5), (a, b, at) => {
      const wanted = Math.sign(toHex(a) < toHex(b) ? -1 : toHex(a) > toHex(b) ? 1 : 0);
      assert.equal(Math.sign(hexPrefixOrder(encode(`${"x".repeat(at)}${toHex(a)} 12`), b, at)), wanted);
    }),
  );
});

test("a line that is no id, or too short for one, is not equal to any", () => {
  for (const text of ["", "0000", "00000000".replace("0", "g"), "0000000 "]) {
    assert.notEqual(hexPrefixOrder(encode(text), new Uint8Array(4)), 0, text);
  }
});

test("numbers are read up to the first character that is no digit", () => {
  assert.deepEqual(decimalAt(encode("ab 123 x"), 3), { value: 123, end: 6 });
  assert.deepEqual(decimalAt(encode("9007199254740991"), 0), { value: Number.MAX_SAFE_INTEGER, end: 16 });
  assert.deepEqual(decimalAt(encode("missing"), 0), { value: Number.NaN, end: 0 });
  assert.equal(hexWordAt(encode("(ffffffff)"), 1), 0xffff_ffff);
  assert.equal(hexWordAt(encode("(0000a0g0)"), 1), Number.NaN);
  assert.equal(hexWordAt(encode("(00"), 1), Number.NaN);
});
