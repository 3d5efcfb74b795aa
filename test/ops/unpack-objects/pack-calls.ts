/** Packs, sound and odd, and how they are unpacked. */

import { deflateSync } from "node:zlib";
import { appendDelta, objectId, RawPack, sizeBytes, treeEntry } from "../../support/raw-pack.js";

/** A call of unpack-objects. */
export interface Call {
  readonly pack: Uint8Array;
  readonly args?: readonly string[];
  /** Objects to put there before: the text of blobs. */
  readonly there?: readonly string[];
  readonly config?: readonly string[];
}

export const base = "line\n".repeat(50);
export const baseId = objectId("blob", base);

export function packOf(build: (pack: RawPack) => void): Buffer {
  const pack = new RawPack();
  build(pack);
  return pack.finish();
}

export const changed = (pack: Buffer, at: number, value: number): Buffer => {
  const bytes = Buffer.from(pack);
  bytes[at < 0 ? bytes.length + at : at] = value;
  return bytes;
};

export const withChain = packOf((pack) => {
  let at = pack.add("blob", base);
  let size = base.length;
  for (let i = 0; i < 40; i++, size += 2) at = pack.addOfsDelta(at, appendDelta(size, `${i % 10}\n`));
  pack.add("tree", treeEntry("100644", "a", baseId));
});

/** A pack with a delta of these bytes. */
function withDelta(delta: readonly number[]): Buffer {
  return packOf((pack) => pack.addOfsDelta(pack.add("blob", base), Uint8Array.from(delta)));
}

export const calls: Readonly<Record<string, Call>> = {
  "OFS deltas": { pack: withChain },
  "a pack without objects": { pack: new RawPack().finish() },
  "version 3": { pack: new RawPack().finish(0, 3) },
  "version 4": { pack: new RawPack().finish(0, 4) },
  "no pack": { pack: Buffer.from("this is no pack at all, whatever one thinks of it") },
  nothing: { pack: Buffer.alloc(0) },
  "half a header": { pack: Buffer.from("PACK\0\0") },
  "an empty object": { pack: packOf((pack) => pack.add("blob", "")) },
  "a REF delta behind its base": {
    pack: packOf((pack) => {
      pack.add("blob", base);
      pack.addRefDelta(baseId, appendDelta(base.length, "x"));
    }),
  },
  "a REF delta before its base": {
    pack: packOf((pack) => {
      pack.addRefDelta(baseId, appendDelta(base.length, "x"));
      pack.add("blob", base);
    }),
  },
  "deltas on a delta that waits": {
    pack: packOf((pack) => {
      const at = pack.addRefDelta(baseId, appendDelta(base.length, "x"));
      const next = pack.addOfsDelta(at, appendDelta(base.length + 1, "y"));
      pack.addOfsDelta(next, appendDelta(base.length + 2, "z"));
      pack.addOfsDelta(at, appendDelta(base.length + 1, "w"));
      pack.add("blob", base);
    }),
  },
  "a base that the repository has": {
    pack: packOf((pack) => pack.addRefDelta(baseId, appendDelta(base.length, "x"))),
    there: [base],
  },
  "a base that is nowhere": { pack: packOf((pack) => pack.addRefDelta(baseId, appendDelta(base.length, "x"))) },
  "two deltas on each other": {
    pack: packOf((pack) => {
      pack.addRefDelta(Buffer.alloc(20, 1), appendDelta(3, "x"));
      pack.addRefDelta(Buffer.alloc(20, 2), appendDelta(3, "y"));
    }),
  },
  "a delta for a base of another size": {
    pack: packOf((pack) => pack.addOfsDelta(pack.add("blob", base), appendDelta(base.length + 1, "x"))),
  },
  "a delta that is too short": {
    pack: packOf((pack) => pack.addOfsDelta(pack.add("blob", base), Buffer.from([1, 1]))),
  },
  "a delta with opcode 0": {
    pack: packOf((pack) => {
      pack.addOfsDelta(pack.add("blob", base), Buffer.from([...sizeBytes(base.length), 4, 1, 65, 0, 1, 66]));
    }),
  },
  "a delta that copies from beyond its base": {
    pack: packOf((pack) => {
      pack.addOfsDelta(pack.add("blob", base), Buffer.from([...sizeBytes(base.length), 10, 0x91, 0xff, 10]));
    }),
  },
  "a delta that makes too little": {
    pack: packOf((pack) =>
      pack.addOfsDelta(pack.add("blob", base), Buffer.from([...sizeBytes(base.length), 9, 1, 65])),
    ),
  },
  "a base before the pack": {
    pack: packOf((pack) => pack.addEntry(6, 3, Buffer.from([0xff, 0x7f]), deflateSync("abc"))),
  },
  "a base between entries": {
    pack: packOf((pack) => pack.addOfsDelta(pack.add("blob", base) + 3, appendDelta(base.length, "x"))),
  },
  "type 0": { pack: packOf((pack) => pack.addEntry(0, 3, undefined, deflateSync("abc"))) },
  "type 5": { pack: packOf((pack) => pack.addEntry(5, 300, undefined, deflateSync("abc"))) },
  "a stream that is too short": { pack: packOf((pack) => pack.addEntry(3, 4, undefined, deflateSync("abc"))) },
  "a stream that is too long": { pack: packOf((pack) => pack.addEntry(3, 2, undefined, deflateSync("abc"))) },
  "a stream of nothing that is something": {
    pack: packOf((pack) => pack.addEntry(3, 0, undefined, deflateSync("abc"))),
  },
  "no zlib stream": { pack: packOf((pack) => pack.addEntry(3, 4, undefined, Buffer.from("this is none"))) },
  "a wrong checksum of a stream": {
    pack: packOf((pack) => pack.addEntry(3, 3, undefined, changed(deflateSync("abc"), -1, 0))),
  },
  "a wrong checksum of the pack": { pack: changed(withChain, -1, 0) },
  "the end missing": { pack: withChain.subarray(0, -100) },
  "the trailer cut": { pack: withChain.subarray(0, -5) },
  "fewer objects than announced": { pack: packOf((pack) => pack.add("blob", base)).fill(2, 11, 12) },
  "a size of 2^70": { pack: packOf((pack) => pack.addBytes(Buffer.from([0xbf, ...Array(10).fill(0xff), 1]))) },
  "dry run": { pack: withChain, args: ["-n"] },
  "dry run of a damaged pack": { pack: changed(withChain, 40, 0), args: ["-n"] },
  "a pack that is small enough": { pack: withChain, args: [`--max-input-size=${withChain.length}`] },
  "a pack that is too large": { pack: withChain, args: ["--max-input-size=500"] },
  "bytes behind the pack": { pack: Buffer.concat([withChain, Buffer.from("and more")]) },
  "recovery behind an unknown type": {
    pack: packOf((pack) => {
      pack.addBytes(Buffer.from([0x50]));
      pack.add("blob", base);
    }),
    args: ["-r"],
  },
  "recovery behind a size that is wrong": {
    pack: packOf((pack) => {
      pack.addEntry(3, 4, undefined, deflateSync("abc"));
      pack.add("blob", base);
    }),
    args: ["-r"],
  },
  "recovery behind content that is too long": {
    pack: packOf((pack) => {
      pack.add("blob", base);
      pack.addEntry(3, 3, undefined, deflateSync("abcd"));
    }),
    args: ["-r"],
  },
  "a delta of two bytes": { pack: withDelta([4, 3]) },
  "a delta that makes too much": { pack: withDelta([(base.length & 127) | 128, base.length >> 7, 2, 3, 97, 97, 97]) },
  "a delta of six bytes that makes too little": {
    pack: withDelta([(base.length & 127) | 128, base.length >> 7, 4, 2, 97, 97]),
  },
  "a delta with the operation 0": { pack: withDelta([(base.length & 127) | 128, base.length >> 7, 4, 0]) },
  "a delta of five bytes for a base of another size": { pack: withDelta([5, 2, 2, 97, 97]) },
  "large blobs": {
    pack: packOf((pack) => {
      pack.add("blob", base.repeat(3000));
      pack.add("blob", base);
    }),
    config: ["core.bigFileThreshold=100"],
  },
  "a large blob that is cut": {
    pack: packOf((pack) => pack.addEntry(3, 1000, undefined, deflateSync("abc"))),
    config: ["core.bigFileThreshold=100"],
  },
  strict: { pack: withChain, args: ["--strict"] },
};
