/** What is done where a bitmap turns out to be damaged while it is asked: the question is answered by a walk. */

import { type ErrorCode, type GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { BitmapIndex } from "../../store/bitmaps/bitmap-index.js";
import { missingMark, parsedMark } from "../walk/flags.js";
import type { ObjectTable } from "../walk/object-table.js";

const bitmapDamage: ReadonlySet<ErrorCode> = new Set([
  "bad-ewah",
  "bad-bitmap-entry",
  "bad-lookup-table",
  "bad-pseudo-merge",
  "bad-name-hash",
  "bad-object-types",
  "bad-reverse-index",
  "bad-pack-id",
  "bad-large-offset",
]);

/** Whether an error says that the bitmap cannot be used, rather than that an object cannot. */
export function isBitmapDamage(error: unknown, { layers }: BitmapIndex): error is GitmidxError {
  if (!isGitmidxError(error)) return false;
  return bitmapDamage.has(error.code) || layers.some(({ source }) => source.name === error.path);
}

const learnt = parsedMark | missingMark;

/** @returns what takes back the marks of all objects, but for what was learnt of them. */
export function rememberMarks(objects: ObjectTable): () => void {
  const before = objects.marks.slice();
  return () => {
    const { marks } = objects;
    for (let row = 0; row < marks.length; row++) {
      marks[row] = ((before[row] ?? 0) & ~learnt) | (marks[row]! & learnt);
    }
  };
}
