/** `--include-tag`: tags of what is packed. */

import { GitmidxError } from "../../../core/errors.js";
import { tagCode } from "../../../core/object-type.js";
import { toHex } from "../../../core/oid.js";
import { readTagLinks } from "../../../formats/object/tag.js";
import { RefStore } from "../../../store/refs/ref-store.js";
import type { BitmapAnswer } from "../bitmap/bitmap-answer.js";
import type { PackingList } from "../packing-list.js";
import type { ObjectAdder } from "./object-adder.js";
import type { SelectionSource } from "./selection.js";

/** What was selected so far, and where more comes from. */
interface Selected {
  readonly list: PackingList;
  readonly adder: ObjectAdder;
  readonly source: SelectionSource;
  readonly answer: BitmapAnswer | undefined;
}

/** A tag, and what it tags in the end. */
interface TagChain {
  readonly tags: readonly Uint8Array[];
  readonly target: Uint8Array;
}

/** Adds the tags under `refs/tags/` whose objects are listed, with the tags between. */
export async function addTagsOfListed(selected: Selected): Promise<void> {
  const { list, adder, source, answer } = selected;
  const isPacked = async (oid: Uint8Array) => list.find(oid) >= 0 || (await answer?.isReused(oid)) === true;
  for (const { oid } of await RefStore.open(source.fs, source.place).list("refs/tags/")) {
    if (oid === undefined) continue;
    const { tags, target } = await tagChain(source, oid);
    if (tags.length === 0 || !(await isPacked(target)) || (await isPacked(oid))) continue;
    for (const tag of tags) if ((await answer?.isReused(tag)) !== true) await adder.add(tag, tagCode, undefined);
  }
}

async function tagChain(source: SelectionSource, from: Uint8Array): Promise<TagChain> {
  const tags: Uint8Array[] = [];
  let oid = from;
  for (;;) {
    const object = source.store.readPacked(oid) ?? (await source.store.read(oid));
    if (object === undefined && tags.length > 0) {
      throw new GitmidxError("missing-object", `unable to pack objects reachable from tag ${toHex(from)}`);
    }
    if (object?.type !== "tag") return { tags, target: oid };
    tags.push(oid);
    oid = readTagLinks(object.bytes, 0, object.bytes.length, source.format, oid).target;
  }
}
