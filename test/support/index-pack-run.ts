/** Runs index-pack as the library does it, in memory or on disk. */

import { type ObjectFormat, sha1 } from "../../src/core/oid.js";
import { indexPackFile, indexPackStream } from "../../src/ops/index-pack/index-pack.js";
import type { IndexPackOptions, PackStream } from "../../src/ops/index-pack/options.js";
import { indexPackConfigOf } from "../../src/ops/index-pack/settings.js";
import { GitConfig } from "../../src/store/config/git-config.js";
import { MemoryFs } from "../../src/store/memory-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";

/** The module that worker threads run. */
export const workerUrl = new URL("../../src/node-worker.js", import.meta.url).href;

/** Git's defaults, without fsync. */
export function defaultOptions(format: ObjectFormat = sha1): IndexPackOptions {
  const { settings } = indexPackConfigOf(new GitConfig([]), { env: { GIT_TEST_FSYNC: "0" } });
  return { format, settings };
}

/** The files that indexing a pack in memory makes. */
export interface MadeIndexes {
  readonly idx: Uint8Array;
  readonly rev: Uint8Array | undefined;
}

/** Indexes a pack in memory. */
export async function indexInMemory(pack: Uint8Array, more: Partial<IndexPackOptions> = {}): Promise<MadeIndexes> {
  const fs = new MemoryFs();
  fs.put("/x.pack", pack);
  await indexPackFile(fs, { packPath: "/x.pack" }, { ...defaultOptions(more.format), ...more });
  const rev = (await fs.stat("/x.rev")) === undefined ? undefined : await fs.readFile("/x.rev");
  return { idx: await fs.readFile("/x.idx"), rev };
}

/** An object directory in memory, with nothing in it. */
export function emptyDirectory(format: ObjectFormat = sha1): { fs: MemoryFs; directory: ObjectDirectory } {
  const fs = new MemoryFs();
  fs.makeDirectories("/objects/pack");
  return { fs, directory: new ObjectDirectory(fs, "/objects", format) };
}

/** Gives bytes in pieces of that many. */
export async function* inPieces(bytes: Uint8Array, byteLength: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += byteLength) yield bytes.slice(at, at + byteLength);
}

/** Takes in a pack by a stream. */
export function receive(
  directory: ObjectDirectory,
  pack: Uint8Array,
  { pieces = 4096, ...more }: Partial<IndexPackOptions> & Partial<PackStream> & { readonly pieces?: number } = {},
) {
  const { packPath, indexPath, fixThin, behind, ...options } = more;
  const request: PackStream = { stream: inPieces(pack, pieces), packPath, indexPath, fixThin, behind };
  return indexPackStream(directory, request, { ...defaultOptions(directory.format), ...options });
}
