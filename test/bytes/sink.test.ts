// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fanoutFall, readFanout } from "../../src/bytes/oid-table.js";
import { Sink } from "../../src/bytes/sink.js";
import { MemorySource } from "../../src/bytes/source.js";

test("numbers are written big-endian, one after the other", () => {
  const sink = new Sink(1 + 4 + 8 + 3);
  sink.u8(0xfe);
  sink.u32(0x8001_0203);
  sink.u64(0x1f_ffff_ffff_ffff);
  sink.bytes(Uint8Array.of(1, 2, 3));
  const wanted = [0xfe, 0x80, 1, 2, 3, 0, 0x1f, 255, 255, 255, 255, 255, 255, 1, 2, 3];
  assert.deepEqual([...sink.finish()], wanted);
});

test("what is written is read back as it was", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(0xffff_ffff), fc.maxSafeNat())), (rows) => {
      const sink = new Sink(12 * rows.length);
      for (const [small, large] of rows) {
        sink.u32(small);
        sink.u64(large);
      }
      const source = new MemorySource("f", sink.finish());
      for (const [i, [small, large]] of rows.entries()) {
        assert.equal(source.u32(12 * i), small);
        assert.equal(source.u64(12 * i + 4), large);
      }
    }),
  );
});

test("a sink that is not full, or too full, is noticed", () => {
  const short = new Sink(5);
  short.u32(1);
  assert.throws(() => short.finish(), { message: "BUG: 4 bytes written where 5 were planned" });
  assert.throws(() => short.u32(1), RangeError);
  assert.throws(() => new Sink(3).bytes(new Uint8Array(4)), RangeError);
  assert.throws(() => new Sink(1023).fanout(new Uint8Array(0), 20, 0), RangeError);
});

test("what has been written so far can be seen before the end", () => {
  const sink = new Sink(8);
  sink.u32(1);
  assert.deepEqual([...sink.written()], [0, 0, 0, 1]);
  sink.u32(2);
  assert.deepEqual([...sink.written()], [0, 0, 0, 1, 0, 0, 0, 2]);
});

test("the fanout counts the ids up to each first byte", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(255), { maxLength: 300 }), fc.constantFrom(20, 32), (firsts, length) => {
      firsts.sort((a, b) => a - b);
      const ids = new Uint8Array(firsts.length * length).fill(9);
      for (const [i, first] of firsts.entries()) ids[i * length] = first;
      const sink = new Sink(1024);
      sink.fanout(ids, length, firsts.length);
      const fanout = readFanout(new MemorySource("f", sink.finish()), 0);
      assert.equal(fanoutFall(fanout), -1);
      for (let first = 0; first < 256; first++) {
        assert.equal(fanout[first], firsts.filter((value) => value <= first).length);
      }
    }),
  );
});

test("ids that are not in order have no fanout", () => {
  const ids = new Uint8Array(60);
  ids[0] = 2;
  ids[20] = 1;
  ids[40] = 3;
  assert.throws(() => new Sink(1024).fanout(ids, 20, 3), { message: "BUG: ids are not in ascending order at row 1" });
});
