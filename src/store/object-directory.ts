/** An object directory: where its packs and multi-pack-index files are, and how files are to be written there. */

import type { ObjectFormat } from "../core/oid.js";
import type { PackFs } from "./pack-fs.js";

/** The kinds of files that belong to a MIDX or a layer. */
export type MidxExtension = "midx" | "bitmap" | "rev";

/** A pack that has an index: what `write` would take. */
export interface PackFile {
  /** Name of the `.idx` file: `pack-….idx`. */
  readonly name: string;
  readonly idxPath: string;
  readonly packPath: string;
  /** Modification time of the `.pack` in whole seconds: what decides between copies of an object. */
  readonly mtime: number;
  /** Size of the `.pack` in bytes. */
  readonly packSize: number;
}

/** The paths of one `objects` directory, whatever is there. */
export class ObjectDirectory {
  readonly fs: PackFs;
  /** The directory itself, an absolute path. */
  readonly path: string;
  readonly format: ObjectFormat;

  constructor(fs: PackFs, path: string, format: ObjectFormat) {
    this.fs = fs;
    this.path = path;
    this.format = format;
  }

  /** Where packs are. */
  get packPath(): string {
    return `${this.path}/pack`;
  }

  /** The single multi-pack-index. */
  get midxPath(): string {
    return `${this.packPath}/multi-pack-index`;
  }

  /** The directory of a chain's layers. */
  get chainDirectory(): string {
    return `${this.packPath}/multi-pack-index.d`;
  }

  /** The file that lists a chain's layers. */
  get chainPath(): string {
    return `${this.chainDirectory}/multi-pack-index-chain`;
  }

  /** A file of the layer with that checksum. */
  layerPath(checksum: string, extension: MidxExtension): string {
    return `${this.chainDirectory}/multi-pack-index-${checksum}.${extension}`;
  }

  /** A file that goes with the single multi-pack-index of that checksum. */
  midxCompanionPath(checksum: string, extension: "bitmap" | "rev"): string {
    return `${this.midxPath}-${checksum}.${extension}`;
  }

  /** The path of a file beside the packs; the caller has checked the name (`packNameFault`). */
  inPackDirectory(name: string): string {
    return `${this.packPath}/${name}`;
  }

  /** Every pack with an index, by name: `.idx` files whose `.pack` is a regular file or a link to one. A missing directory has none. */
  async listPacks(): Promise<readonly PackFile[]> {
    const packs: PackFile[] = [];
    for (const name of await this.listIdxNames()) {
      const pack = await this.packFile(name);
      if (pack !== undefined) packs.push(pack);
    }
    return packs;
  }

  /** Names of the `.idx` files, whether or not there is a pack to them. */
  async listIdxNames(): Promise<readonly string[]> {
    const names = await listNames(this.fs, this.packPath);
    return names.filter((name) => name.endsWith(".idx"));
  }

  /** What is known of the pack with that `.idx` name; undefined if there is no such `.pack`. */
  async packFile(name: string): Promise<PackFile | undefined> {
    const packPath = this.inPackDirectory(`${name.slice(0, -".idx".length)}.pack`);
    const stat = await this.fs.stat(packPath);
    if (stat?.kind !== "file") return undefined;
    return { name, idxPath: this.inPackDirectory(name), packPath, mtime: stat.mtime, packSize: stat.size };
  }
}

/** The names in a directory; none if it does not exist. */
export async function listNames(fs: PackFs, path: string): Promise<readonly string[]> {
  if ((await fs.stat(path)) === undefined) return [];
  return (await fs.list(path)).map((entry) => entry.name);
}
