/** Damage to the structure of pack indexes and reverse indexes, one change at a time: what must be said of it and where. */

import type { ErrorCode } from "../../src/core/errors.js";
import { type Damage, patched, u32 } from "./midx-damages.js";

type Expected = Omit<Damage, "what" | "bytes">;

/** Where git reads a file with the damage, it may have words of its own kind; each damage says whether it has. */
function damage(what: string, bytes: Uint8Array, expected: Expected = {}): Damage {
  return { what, bytes, gitRefuses: expected.code !== undefined, ...expected };
}

function withLength(bytes: Uint8Array, length: number): Uint8Array {
  const changed = new Uint8Array(length);
  changed.set(bytes.subarray(0, length));
  return changed;
}

/** Every change to the structure of a sound `.idx`. */
export function idxDamages(bytes: Uint8Array, hashByteLength: number): readonly Damage[] {
  const version = bytes[0] === 0xff ? 2 : 1;
  const fanout = version === 2 ? 8 : 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint32(fanout + 4 * 255);
  const at = (code: ErrorCode, offset: number): Expected => ({ code, offset });
  const list: Damage[] = [];
  if (version === 2) {
    for (const wrong of [0, 1, 3, 0xffff_ffff]) {
      list.push(damage(`version ${wrong}`, patched(bytes, 4, ...u32(wrong)), at("bad-version", 4)));
    }
    // Without its signature the file is read as version 1: signature and version are the first two entries of the fanout.
    list.push(damage("no signature", patched(bytes, 0, 0, 0, 0, 0), at("bad-fanout", 8)));
    list.push(damage("a broken signature", patched(bytes, 0, 0xfe), at("bad-fanout", 4)));
  } else {
    list.push(damage("the signature of version 2", patched(bytes, 0, 0xff, 0x74, 0x4f, 0x63), at("bad-version", 4)));
  }
  for (const index of [0, 1, 100, 254]) {
    const place = at("bad-fanout", fanout + 4 * (index + 1));
    list.push(damage(`fanout[${index}] too high`, patched(bytes, fanout + 4 * index, ...u32(count + 1)), place));
    // Version 1 with a highest first entry is no version 2 all the same.
    list.push(
      damage(`fanout[${index}] at its highest`, patched(bytes, fanout + 4 * index, ...u32(0xffff_ffff)), place),
    );
  }
  const size = at("bad-size", bytes.length);
  for (const objects of [count + 1, 2 * count + 50, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    list.push(damage(`${objects} objects`, patched(bytes, fanout + 4 * 255, ...u32(objects)), size));
  }
  const first = Array.from({ length: 256 }, (_, i) => i).find((i) => view.getUint32(fanout + 4 * i) > 0)!;
  const fall = at("bad-fanout", fanout + 4 * (first + 1));
  list.push(damage("a fanout entry that falls to 0", patched(bytes, fanout + 4 * (first + 1), 0, 0, 0, 0), fall));
  const least = 1024 + 2 * hashByteLength;
  for (const length of [0, 1, 7, 8, 100, 1023, least - 1]) {
    list.push(damage(`cut to ${length}`, bytes.slice(0, length), at("truncated", length)));
  }
  for (const length of [least, least + 7]) {
    list.push(damage(`cut to ${length}`, bytes.slice(0, length), at("bad-size", length)));
  }
  for (const by of [-1, -4, -20, 1, 4]) {
    const length = bytes.length + by;
    // A 64-bit table of a size that is not a multiple of 8 does not disturb git.
    list.push(
      damage(`${by} bytes longer`, withLength(bytes, length), { ...at("bad-size", length), gitRefuses: false }),
    );
  }
  return list;
}

/** Every change to the structure of a sound `.rev`. */
export function revDamages(bytes: Uint8Array, hashByteLength: number): readonly Damage[] {
  const at = (code: ErrorCode, offset: number): Expected => ({ code, offset });
  const list: Damage[] = [];
  for (const byte of [0, 1, 2, 3]) {
    list.push(damage(`signature, byte ${byte}`, patched(bytes, byte, bytes[byte]! ^ 1), at("bad-signature", 0)));
  }
  for (const version of [0, 2, 0xffff_ffff]) {
    list.push(damage(`version ${version}`, patched(bytes, 4, ...u32(version)), at("bad-version", 4)));
  }
  for (const id of [0, 3, 0xffff_ffff])
    list.push(damage(`hash id ${id}`, patched(bytes, 8, ...u32(id)), at("bad-hash-id", 8)));
  // Git takes either hash's number.
  const other = hashByteLength === 20 ? 2 : 1;
  list.push(
    damage("the other hash's id", patched(bytes, 8, ...u32(other)), { ...at("bad-hash-id", 8), gitRefuses: false }),
  );
  for (const length of [0, 1, 11, 12, 12 + 2 * hashByteLength - 1]) {
    list.push(damage(`cut to ${length}`, bytes.slice(0, length), at("truncated", length)));
  }
  for (const by of [-4, -1, 1, 4, 400]) {
    const length = bytes.length + by;
    list.push(damage(`${by} bytes longer`, withLength(bytes, length), at("bad-size", length)));
  }
  return list;
}
