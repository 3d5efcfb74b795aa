// Applying deltas (gitformat-pack). AssemblyScript: compiled by bin/kernels.js, driven by delta-apply.ts, which keeps 16 bytes free behind
// everything that is written here, and 16 readable ones behind everything that is read: short pieces are copied 16 bytes at a time.

/** Where the memory begins that nothing here uses. */
export const free: usize = (__heap_base + 63) & ~63;

/** Pieces of more bytes are copied by the machine's own means. */
const SHORT: u32 = 256;

@inline function copy(to: usize, from: usize, size: u32): void {
  if (size > SHORT) {
    memory.copy(to, from, size);
    return;
  }
  for (const end = to + size; to < end; to += 16, from += 16) v128.store(to, v128.load(from));
}

/**
 * Makes the object of the delta whose instructions lie in [at, end) from its base.
 * Returns 0 if exactly as many bytes were made as wanted, 1 if something leads outside, 2 for an instruction that git does not know.
 */
export function apply(at: usize, end: usize, base: usize, baseSize: u32, target: usize, resultSize: u32): u32 {
  let left = resultSize;
  while (at < end) {
    const op = load<u8>(at++) as u32;
    if (op >= 128) {
      let offset: u32 = 0;
      let size: u32 = 0;
      if ((op & 1) != 0) offset = load<u8>(at++);
      if ((op & 2) != 0) offset |= (load<u8>(at++) as u32) << 8;
      if ((op & 4) != 0) offset |= (load<u8>(at++) as u32) << 16;
      if ((op & 8) != 0) offset |= (load<u8>(at++) as u32) << 24;
      if ((op & 16) != 0) size = load<u8>(at++);
      if ((op & 32) != 0) size |= (load<u8>(at++) as u32) << 8;
      if ((op & 64) != 0) size |= (load<u8>(at++) as u32) << 16;
      if (size == 0) size = 0x10000;
      if (at > end || offset > baseSize || size > baseSize - offset || size > left) return 1;
      copy(target, base + offset, size);
      target += size;
      left -= size;
    } else if (op != 0) {
      if (op > <u32>(end - at) || op > left) return 1;
      copy(target, at, op);
      at += op;
      target += op;
      left -= op;
    } else return 2;
  }
  return left == 0 ? 0 : 1;
}
