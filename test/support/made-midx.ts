/** A pack directory in memory with made-up indexes, hollow packs and the multi-pack-index that we write of them: for tests of size. */

import { sha1 } from "../../src/core/oid.js";
import { Repository } from "../../src/repository.js";
import { type Fixture, memoryDirectory } from "./midx-fixtures.js";

/** Files of a directory with those indexes, as `pack-0000.idx` and so on, and a `multi-pack-index` over them. */
export async function madeMidx(indexes: readonly Uint8Array[]): Promise<Pick<Fixture, "files" | "format">> {
  const files = new Map<string, Uint8Array>();
  for (const [i, bytes] of indexes.entries()) {
    const name = `pack-${String(i).padStart(4, "0")}`;
    files.set(`${name}.idx`, bytes);
    files.set(`${name}.pack`, new Uint8Array(32));
  }
  const { fs, directory } = memoryDirectory(files, sha1);
  const repository = await Repository.open({ fs, objectDirectory: directory.path });
  await repository.writeMidx();
  files.set("multi-pack-index", await fs.readFile(directory.midxPath));
  return { files, format: sha1 };
}
