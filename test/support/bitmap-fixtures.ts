/** The bitmap files that fixtures/make/bitmap.sh had git make, and what git said of them. */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ByteSource, MemorySource } from "../../src/bytes/source.js";
import { type ObjectFormat, sha1, sha256 } from "../../src/core/oid.js";
import type { BitmapContent, PseudoMergeContent } from "../../src/formats/bitmap/encode.js";
import type { BitmapPlace } from "../../src/formats/bitmap/layout.js";
import type { PseudoMergeView } from "../../src/formats/bitmap/pseudo-merges.js";
import { type BitmapView, openBitmap } from "../../src/formats/bitmap/view.js";
import { EwahBuilder, ewahOfBits } from "../../src/formats/ewah/build.js";
import { xorEwah } from "../../src/formats/ewah/combine.js";
import type { Ewah } from "../../src/formats/ewah/ewah.js";

/** What git says of a commit that has a bitmap. */
export interface SaidCommit {
  /** Index position; in a layer it counts the objects below. */
  readonly position: number;
  /** As `rev-list --test-bitmap` shows them. */
  readonly bitSize: number;
  readonly checksum: string;
  /** How many objects it reaches. */
  readonly objects: number;
}

/** One file. */
export interface BitmapFixture {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly place: BitmapPlace;
  /** How many objects are of a type, by type code − 1. */
  readonly types: readonly number[];
  readonly commits: readonly SaidCommit[];
}

const folder = fileURLToPath(new URL("../../../fixtures/bitmap/", import.meta.url));

function readBitmapFixture(name: string): BitmapFixture {
  const lines = readFileSync(`${folder}${name}.said`, "utf8").trim().split("\n");
  const rows = (what: string) => lines.map((line) => line.split(" ")).filter(([first]) => first === what);
  const [[, format = "", objects = "", below = ""] = []] = rows("of");
  return {
    name,
    bytes: Uint8Array.from(readFileSync(`${folder}${name}.bitmap`)),
    place: { format: formatNamed(format), objectCount: Number(objects), objectsBelow: Number(below) },
    types: rows("type").map(([, , count]) => Number(count)),
    commits: rows("commit").map(([, position = "", bitSize = "", checksum = "", reached = ""]) => ({
      position: Number(position),
      bitSize: Number(bitSize),
      checksum,
      objects: Number(reached),
    })),
  };
}

function formatNamed(name: string): ObjectFormat {
  return name === "sha256" ? sha256 : sha1;
}

/** Every file there is. */
export const bitmapFixtures: readonly BitmapFixture[] = readdirSync(folder)
  .filter((name) => name.endsWith(".bitmap"))
  .sort()
  .map((name) => readBitmapFixture(name.slice(0, -".bitmap".length)));

/** The file of that name. */
export function bitmapFixture(name: string): BitmapFixture {
  return bitmapFixtures.find((fixture) => fixture.name === name)!;
}

/** Opens a fixture, or other bytes in its place. */
export function openFixture(
  { name, bytes, place }: BitmapFixture,
  source: ByteSource = new MemorySource(name, bytes),
): BitmapView {
  return openBitmap(source, place);
}

/** The pseudo-merges of a view, as a writer has them. */
export function pseudoMergesOf(view: PseudoMergeView): PseudoMergeContent {
  return {
    merges: Array.from({ length: view.count }, (_, i) => ({ members: view.members(i), objects: view.objects(i) })),
    commits: Array.from(view.memberBits(), (bit) => ({ bit, merges: view.mergesOf(bit) })),
  };
}

/** A bitmap of a type made anew of its bits. */
function typeAgain(ewah: Ewah): Ewah {
  const builder = new EwahBuilder();
  ewah.forEach((bit) => {
    builder.add(bit);
  });
  return builder.finish();
}

/** What a file says, every bitmap of it unpacked and made anew of its bits, XORs too. */
export function contentAgain(view: BitmapView): BitmapContent {
  const plain: Ewah[] = [];
  const entries = Array.from(view.entries(), (entry, i) => {
    const own = ewahOfBits(view.bitsOf(entry));
    plain.push(own);
    const { position, xorOffset } = entry;
    return { position, xorOffset, ewah: xorOffset === 0 ? own : xorEwah(plain[i - xorOffset]!, own) };
  });
  const [commits, trees, blobs, tags] = ([1, 2, 3, 4] as const).map((type) => typeAgain(view.typeBits(type)));
  const merges = view.pseudoMerges();
  return {
    format: view.format,
    checksum: view.checksum,
    types: { commits: commits!, trees: trees!, blobs: blobs!, tags: tags! },
    entries,
    pseudoMerges: merges === undefined ? undefined : pseudoMergesOf(merges),
    lookupTable: view.hasLookupTable,
    nameHashes: view.copyNameHashes(),
  };
}
