/** The pack directories that fixtures/make/midx.sh had git make, in memory. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ObjectFormat, sha1, sha256 } from "../../src/core/oid.js";
import { MemoryFs } from "../../src/store/memory-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";

/** The names in fixtures/midx. */
export const fixtureNames = ["single-sha1", "single-sha256", "large-sha1", "chain-sha1", "chain-sha256"] as const;
export type FixtureName = (typeof fixtureNames)[number];

/** A copy of an object, as `git show-index` tells of it. */
export interface FixtureObject {
  readonly oid: string;
  /** Name of the pack's index: `pack-….idx`. */
  readonly idx: string;
  readonly offset: number;
}

/** One pack directory. */
export interface Fixture {
  readonly name: FixtureName;
  readonly format: ObjectFormat;
  /** Every file by its path in the pack directory. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Every copy of every object, by id. */
  readonly objects: readonly FixtureObject[];
  /** Paths of the multi-pack-index files: the single one, or the layers, oldest first. */
  readonly midxPaths: readonly string[];
}

/** Path of the chain file in a pack directory. */
export const chainFile = "multi-pack-index.d/multi-pack-index-chain";

const folder = fileURLToPath(new URL("../../../fixtures/midx/", import.meta.url));

function readTree(path: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const name of readdirSync(path, { recursive: true, encoding: "utf8" }).sort()) {
    if (statSync(`${path}/${name}`).isFile()) files.set(name, new Uint8Array(readFileSync(`${path}/${name}`)));
  }
  return files;
}

/** Reads one fixture; its arrays are for this caller alone. */
export function readFixture(name: FixtureName): Fixture {
  const files = readTree(`${folder}${name}`);
  const objects = readFileSync(`${folder}${name}.objects`, "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const [oid = "", pack = "", offset = ""] = line.split(" ");
      return { oid, idx: `${pack}.idx`, offset: Number(offset) };
    });
  const chain = files.get(chainFile);
  const lines = chain === undefined ? [] : new TextDecoder().decode(chain).trim().split("\n");
  const layers = lines.map((checksum) => `multi-pack-index.d/multi-pack-index-${checksum}.midx`);
  const format = name.endsWith("sha256") ? sha256 : sha1;
  return { name, format, files, objects, midxPaths: layers.length > 0 ? layers : ["multi-pack-index"] };
}

/** Paths of a fixture's files that end so, each with its bytes. */
export function filesEnding(fixture: Fixture, ending: string): [path: string, bytes: Uint8Array][] {
  return [...fixture.files].filter(([path]) => path.endsWith(ending));
}

/** An object directory in memory with those files in its `pack`. */
export function memoryDirectory(
  files: Iterable<readonly [path: string, bytes: Uint8Array]>,
  format: ObjectFormat,
): { fs: MemoryFs; directory: ObjectDirectory } {
  const fs = new MemoryFs();
  fs.makeDirectories("/objects/pack");
  for (const [path, bytes] of files) fs.put(`/objects/pack/${path}`, bytes);
  return { fs, directory: new ObjectDirectory(fs, "/objects", format) };
}
