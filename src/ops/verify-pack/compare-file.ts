/** Holds a file against what should be in it. */

import { withRanges } from "../../bytes/source.js";
import { GitmidxError } from "../../core/errors.js";
import type { ObjectFormat } from "../../core/oid.js";
import type { PackFs } from "../../store/pack-fs.js";

/** Git compares this many bytes at a time, and looks whether they are there before it looks what they are. */
const comparedByteLength = 1 << 17;

/**
 * Compares a file with `expected`, which ends with its own checksum.
 * @throws GitmidxError `pack-index-mismatch`, `truncated` or `trailing-garbage`, in git's words.
 */
export async function compareFile(
  fs: PackFs,
  path: string,
  shown: string,
  expected: Uint8Array,
  format: ObjectFormat,
): Promise<void> {
  const source = await fs.openSource(path);
  try {
    const checksumStart = expected.length - format.byteLength;
    for (let start = 0; start < expected.length; ) {
      const limit = start < checksumStart ? checksumStart : expected.length;
      const end = Math.min(limit, start + comparedByteLength);
      if (end > source.size) {
        const message = `${shown}: sha1 file truncated\nit has ${source.size} bytes, but should have ${expected.length}`;
        throw new GitmidxError("truncated", message, { path, offset: source.size });
      }
      const found = await withRanges(() => source.copy(start, end - start));
      for (let i = 0; i < found.length; i++) {
        if (found[i] === expected[start + i]) continue;
        const message = `sha1 file '${shown}' validation error\nthe first byte that is wrong is at offset ${start + i}`;
        throw new GitmidxError("pack-index-mismatch", message, { path, offset: start + i });
      }
      start = end;
    }
    if (source.size > expected.length) {
      const message = `${shown}: sha1 file has trailing garbage\nit has ${source.size} bytes, but should have ${expected.length}`;
      throw new GitmidxError("trailing-garbage", message, { path, offset: expected.length });
    }
  } finally {
    source.close();
  }
}
