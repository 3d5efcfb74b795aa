/** The objects at the tips of tags, which the pack's layout puts near its beginning. */

import { tagCode } from "../../core/object-type.js";
import type { ObjectFormat } from "../../core/oid.js";
import { readTagLinks } from "../../formats/object/tag.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { RefStore } from "../../store/refs/ref-store.js";
import { ObjectReader } from "./object-reader.js";

/** The ids of all tags, and of what annotated ones lead to, one behind the other. */
export async function tagTips(refs: RefStore, store: ObjectStore): Promise<Uint8Array> {
  const reader = new ObjectReader(store);
  const tips: Uint8Array[] = [];
  for (const { oid, peeled } of await refs.list("refs/tags/")) {
    if (oid === undefined) continue;
    tips.push(oid);
    const target = peeled ?? (await peel(oid, store.format, reader));
    if (target !== undefined) tips.push(target);
  }
  const { byteLength } = store.format;
  const result = new Uint8Array(tips.length * byteLength);
  for (const [i, tip] of tips.entries()) result.set(tip, i * byteLength);
  return result;
}

/** What a tag leads to; undefined for an object that is no tag, or cannot be read. */
async function peel(oid: Uint8Array, format: ObjectFormat, reader: ObjectReader): Promise<Uint8Array | undefined> {
  if ((await reader.readHeader(oid))?.type !== tagCode) return undefined;
  let target = oid;
  for (let object = await reader.read(target); object?.type === tagCode; object = await reader.read(target)) {
    target = readTagLinks(object.bytes, 0, object.bytes.length, format, target).target;
  }
  return target;
}
