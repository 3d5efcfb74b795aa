/** Small packs with something of everything: all types, deltas of both kinds, before and behind their bases, an empty object. */

import type { ObjectType } from "../../src/core/object-type.js";
import { type ObjectFormat, sha1, sha256 } from "../../src/core/oid.js";
import { type IndexedEntry, indexOf } from "./indexed-pack.js";
import type { Region } from "./mutate.js";
import { appendDelta, contentBytes, objectId, RawPack, treeEntry } from "./raw-pack.js";

/** A pack and what is in it. */
export interface SamplePack {
  readonly name: string;
  readonly format: ObjectFormat;
  readonly bytes: Buffer;
  readonly idx: Uint8Array;
  /** Objects by their ids in hex. */
  readonly objects: ReadonlyMap<string, { readonly type: ObjectType; readonly bytes: Buffer }>;
  /** Header, each entry, trailer. */
  readonly regions: readonly Region[];
}

const who = "A U Thor <author@example.com> 1700000000 +0000";

class Maker {
  readonly format: ObjectFormat;
  readonly pack: RawPack;
  readonly entries: IndexedEntry[] = [];
  readonly objects = new Map<string, { type: ObjectType; bytes: Buffer }>();

  constructor(format: ObjectFormat) {
    this.format = format;
    this.pack = new RawPack(format.name);
  }

  id(type: ObjectType, content: string | Uint8Array): Buffer {
    return objectId(type, content, this.format.name);
  }

  /** Notes the object of an entry. */
  put(offset: number, type: ObjectType, content: string | Uint8Array): number {
    const id = this.id(type, content);
    this.entries.push({ id, offset });
    this.objects.set(id.toString("hex"), { type, bytes: contentBytes(content) });
    return offset;
  }

  finish(name: string): SamplePack {
    const bytes = this.pack.finish();
    const trailer = bytes.length - this.format.byteLength;
    const starts = [0, ...this.entries.map(({ offset }) => offset), trailer, bytes.length];
    const regions = starts.slice(1).map((end, i): Region => [starts[i]!, end]);
    const idx = indexOf(bytes, this.entries, this.format);
    return { name, format: this.format, bytes, idx, objects: this.objects, regions };
  }
}

function makeMixed(format: ObjectFormat): SamplePack {
  const maker = new Maker(format);
  const { pack } = maker;
  const base = "a line of text\n".repeat(12);
  const early = `${base}early\n`;
  // A REF delta whose base comes later.
  maker.put(pack.addRefDelta(maker.id("blob", base), appendDelta(base.length, "early\n")), "blob", early);
  let at = maker.put(pack.add("blob", base), "blob", base);
  let text = base;
  for (let i = 0; i < 4; i++) {
    const next = `${text}${i}\n`;
    at = maker.put(pack.addOfsDelta(at, appendDelta(text.length, `${i}\n`)), "blob", next);
    text = next;
  }
  maker.put(pack.add("blob", ""), "blob", "");
  const tree = treeEntry("100644", "a", maker.id("blob", base));
  maker.put(pack.add("tree", tree), "tree", tree);
  const larger = Buffer.concat([tree, treeEntry("100755", "b", maker.id("blob", text))]);
  const treeDelta = appendDelta(tree.length, larger.subarray(tree.length));
  maker.put(pack.addRefDelta(maker.id("tree", tree), treeDelta), "tree", larger);
  const commit = `tree ${maker.id("tree", larger).toString("hex")}\nauthor ${who}\ncommitter ${who}\n\nm\n`;
  maker.put(pack.add("commit", commit), "commit", commit);
  const tag = `object ${maker.id("commit", commit).toString("hex")}\ntype commit\ntag t\ntagger ${who}\n\nm\n`;
  maker.put(pack.add("tag", tag), "tag", tag);
  return maker.finish(`mixed-${format.name}`);
}

/** The packs; made once, the same each time. */
export const samplePacks: readonly SamplePack[] = [makeMixed(sha1), makeMixed(sha256)];
