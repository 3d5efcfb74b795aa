/** The four type bitmaps: together they name every object of the pack or layer, each once and by its real type. */

import { BitSet } from "../../bytes/bit-set.js";
import { type ObjectTypeCode, objectTypeName, objectTypes } from "../../core/object-type.js";
import type { TaskOptions } from "../../core/task.js";
import type { BitObjects } from "./bit-objects.js";
import type { TestedBitmap } from "./tested-bitmap.js";

/**
 * Checks the type bitmaps against the packs.
 * @returns the commits among the bits of this pack or layer; undefined where their bitmap cannot be read.
 */
export async function checkTypes(
  bitmap: TestedBitmap,
  objects: BitObjects,
  task: TaskOptions,
): Promise<BitSet | undefined> {
  const { findings, below, objectCount } = bitmap;
  const claimed = new Uint8Array(objectCount);
  let whole = true;
  let commits: BitSet | undefined;
  for (const [i, name] of objectTypes.entries()) {
    const code = (i + 1) as ObjectTypeCode;
    try {
      const bits = new BitSet(below + objectCount);
      bitmap.view.typeBits(code).orInto(bits);
      if (code === 1) commits = bits;
      claim(bitmap, objects, claimed, code, bits);
    } catch (error) {
      findings.thrown(error, "types");
      findings.note(
        "bad-object-types",
        "types",
        `the bitmap of ${name}s cannot be read, so that types are not compared`,
      );
      whole = false;
    }
  }
  if (!whole) return commits;
  const { types, damage } = await objects.realTypes(below, objectCount, task);
  for (const problem of damage) findings.packDamage(problem);
  for (let i = 0; i < objectCount; i++) {
    const [is, says] = [types[i]! as ObjectTypeCode | 0, claimed[i]! as ObjectTypeCode | 0];
    if (is !== says && is !== 0) reportType(bitmap, objects.hexAt(below + i), is, says);
    else if (says === 0) reportMissing(bitmap, objects.hexAt(below + i));
  }
  await findings.drain();
  return commits;
}

/** Notes what the bits of one type say; bits of layers below must not be set. */
function claim(
  bitmap: TestedBitmap,
  objects: BitObjects,
  claimed: Uint8Array,
  code: ObjectTypeCode,
  bits: BitSet,
): void {
  const { findings, below, objectCount } = bitmap;
  bits.forEach((bit) => {
    const i = bit - below;
    if (i < 0 || i >= objectCount) {
      const message = `the bitmap of ${objectTypeName(code)}s has bit ${bit}, which is no object of this ${bitmap.kind}`;
      findings.error("bad-object-types", "types", message, {
        found: String(bit),
        wanted: `bits ${below} to ${below + objectCount - 1}`,
      });
    } else if (claimed[i] !== 0) {
      const object = objects.hexAt(bit);
      const found = `${objectTypeName(claimed[i] as ObjectTypeCode)} and ${objectTypeName(code)}`;
      const message = `object '${object}' does not have a unique type`;
      findings.error("bad-object-types", "types", message, { object, found, wanted: "one type" });
    } else claimed[i] = code;
  });
}

function reportMissing({ findings }: TestedBitmap, object: string): void {
  findings.error("bad-object-types", "types", `object '${object}' not found in type bitmaps`, { object });
}

function reportType(bitmap: TestedBitmap, object: string, is: ObjectTypeCode, says: ObjectTypeCode | 0): void {
  if (says === 0) {
    reportMissing(bitmap, object);
    return;
  }
  const [found, wanted] = [objectTypeName(says), objectTypeName(is)];
  const message = `object '${object}': real type '${wanted}', expected: '${found}'`;
  bitmap.findings.error("bad-object-types", "types", message, { object, found, wanted });
}
