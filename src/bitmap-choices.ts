/** Checks what a caller of the library gives for bitmaps. */

import type { BitmapChoices } from "./ops/write-bitmap/repository-bitmap.js";

const nameHashModes: readonly unknown[] = [undefined, "none", "copy", "compute"];

/** @throws TypeError */
export function checkBitmapChoices(options: BitmapChoices & { readonly bitmap?: unknown }): void {
  const { bitmap, nameHash, refsSnapshot } = options;
  if (bitmap !== undefined && typeof bitmap !== "boolean") throw new TypeError("bitmap must be true or false");
  if (!nameHashModes.includes(nameHash))
    throw new TypeError(`nameHash is ${String(nameHash)}: it must be one of none, copy, compute`);
  if (refsSnapshot !== undefined && typeof refsSnapshot !== "string")
    throw new TypeError("refsSnapshot must be the path of a file");
}
