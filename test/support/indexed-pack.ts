/** Packs made entry by entry, with an index, as files of an object directory in memory. */

import { createHash } from "node:crypto";
import { env } from "#env";
import { type ObjectFormat, sha1 } from "../../src/core/oid.js";
import { encodeIdx } from "../../src/formats/idx/encode.js";

/** An entry of a pack and the id under which it is to be found. */
export interface IndexedEntry {
  readonly id: Uint8Array;
  readonly offset: number;
}

/** The index of a pack, whatever the pack holds: entries end where the next begins. */
export function indexOf(pack: Uint8Array, entries: readonly IndexedEntry[], format: ObjectFormat = sha1): Uint8Array {
  const sorted = [...entries].sort((a, b) => Buffer.compare(a.id, b.id));
  const places = [...entries.map(({ offset }) => offset), pack.length - format.byteLength].sort((a, b) => a - b);
  const ends = new Map(places.map((place, i) => [place, places[i + 1] ?? place]));
  const content = {
    format,
    count: sorted.length,
    ids: Buffer.concat(sorted.map(({ id }) => id)),
    offsets: Float64Array.from(sorted, ({ offset }) => offset),
    crc32s: Uint32Array.from(sorted, ({ offset }) => env.crc32(pack, offset, ends.get(offset)!)),
    packChecksum: pack.subarray(pack.length - format.byteLength),
  };
  return encodeIdx(content, {}, env.createHasher(format));
}

/** The files of a pack in a pack directory. */
export function packFiles(
  pack: Uint8Array,
  entries: readonly IndexedEntry[],
  format: ObjectFormat = sha1,
  name = `pack-${createHash("sha1").update(pack).digest("hex")}`,
): [path: string, bytes: Uint8Array][] {
  return [
    [`${name}.pack`, Uint8Array.from(pack)],
    [`${name}.idx`, indexOf(pack, entries, format)],
  ];
}
