/** Writing loose objects as git does: under a temporary name in the object's directory, then given their own, never over another. */

import { env } from "#env";
import { GitmidxError, isGitmidxError } from "../core/errors.js";
import type { ObjectType } from "../core/object-type.js";
import { toHex } from "../core/oid.js";
import type { ContentHasher, Deflater } from "../env/contract.js";
import { objectHeader } from "../formats/object/header.js";
import type { GitConfig } from "./config/git-config.js";
import { loosePath } from "./loose.js";
import type { ObjectDirectory } from "./object-directory.js";
import type { WritableFile } from "./pack-fs.js";
import { adjustSharedPermissions, type SharedPermissions } from "./permissions.js";
import type { PackedLocation } from "./stored-object.js";
import { systemErrorText } from "./system-error.js";
import { createTemporary, removeIfThere } from "./temporary-file.js";

/** How loose objects are written. */
export interface LooseWriting {
  /** zlib's level: −1 (zlib's default) or 0 to 9. Default 1, as in git. */
  readonly level?: number | undefined;
  readonly shared: SharedPermissions;
  /** Whether each object is made to survive a power cut: the component `loose-object` of `core.fsync`. */
  readonly sync: boolean;
  /** `core.createObject`: `link` gives the file its name by a hard link, `rename` by renaming. Default `link`, as in git. */
  readonly create?: "link" | "rename" | undefined;
}

/** Where objects are looked for before they are written. */
export interface KnownObjects {
  /** Object directories besides the one that is written to: the alternates. */
  readonly alternates?: readonly ObjectDirectory[] | undefined;
  /** The copy of an object in a pack, if there is one. */
  readonly locatePacked?: ((oid: Uint8Array) => PackedLocation | undefined) | undefined;
}

const readOnly = 0o444;
const anyDirectory = 0o777;
const defaultLevel = 1;

/**
 * The zlib level of loose objects: `core.looseCompression`, else `core.compression`, else 1.
 * @throws GitmidxError `bad-config`
 */
export function looseCompressionLevel(config: GitConfig): number {
  // Both are checked, whichever counts.
  const [own, common] = ["core.looseCompression", "core.compression"].map((key) => {
    const level = config.int(key);
    if (level === undefined || (level >= -1 && level <= 9)) return level;
    throw new GitmidxError("bad-config", `bad zlib compression level ${level}`);
  });
  return own ?? common ?? defaultLevel;
}

/** Writes loose objects to one directory. Several writes may be under way at a time. */
export class LooseWriter {
  readonly #directory: ObjectDirectory;
  readonly #writing: LooseWriting;
  readonly #known: KnownObjects;
  readonly #deflater: Deflater;
  /** Directories that are there. */
  readonly #made = new Set<string>();
  /** Packs whose modification time has been set. */
  readonly #freshened = new Set<string>();

  constructor(directory: ObjectDirectory, writing: LooseWriting, known: KnownObjects = {}) {
    this.#directory = directory;
    this.#writing = writing;
    this.#known = known;
    this.#deflater = env.createDeflater({ level: writing.level ?? defaultLevel });
  }

  /**
   * Writes an object, unless there is one: that is then marked as in use by its modification time, or its pack's.
   * @param oid its id, which is not checked.
   * @returns whether it was written.
   * @throws GitmidxError in git's words, or what the file system says.
   */
  async write(oid: Uint8Array, type: ObjectType, bytes: Uint8Array): Promise<boolean> {
    if (await this.freshen(oid)) return false;
    const header = objectHeader(type, bytes.length);
    const whole = new Uint8Array(header.length + bytes.length);
    whole.set(header);
    whole.set(bytes, header.length);
    const path = loosePath(this.#directory, toHex(oid));
    const file = await this.#createIn(path.slice(0, path.lastIndexOf("/")));
    await this.#fill(file, async () => {
      // A copy, as another write may use the deflater before this one is through.
      await file.write(this.#deflater.deflate(whole, 0, whole.length).slice());
    });
    try {
      await this.#name(file.path, path);
    } finally {
      await removeIfThere(this.#directory.fs, file.path);
    }
    return true;
  }

  /**
   * Writes an object that comes in pieces.
   * @param hasher a fresh one; what it finds is for the caller to ask.
   * @returns its id.
   * @throws GitmidxError as {@link write}; `bad-size` unless exactly `size` bytes come
   */
  async writeStream(
    type: ObjectType,
    size: number,
    pieces: AsyncIterable<Uint8Array>,
    hasher: ContentHasher,
  ): Promise<Uint8Array> {
    // The id is not known yet, and neither is the directory.
    const file = await this.#createIn(this.#directory.path);
    const deflating = env.createDeflateStream({ level: this.#writing.level ?? defaultLevel });
    let total = 0;
    await this.#fill(file, async () => {
      const put = async (piece: Uint8Array) => {
        const part = deflating.push(piece);
        if (part.length > 0) await file.write(part);
      };
      const header = objectHeader(type, size);
      hasher.update(header);
      await put(header);
      for await (const piece of pieces) {
        hasher.update(piece);
        total += piece.length;
        await put(piece);
      }
      if (total !== size) throw new GitmidxError("bad-size", `write stream object ${total} != ${size}`);
      await file.write(deflating.finish());
    });
    const oid = hasher.digest();
    try {
      if (!(await this.freshen(oid))) {
        const path = loosePath(this.#directory, toHex(oid));
        await this.#makeDirectory(path.slice(0, path.lastIndexOf("/")));
        await this.#name(file.path, path);
      }
    } finally {
      await removeIfThere(this.#directory.fs, file.path);
    }
    return oid;
  }

  /**
   * Marks the object as in use, if it is there: no garbage collection takes it for a while.
   * @returns whether it is. Of an object in a cruft pack it is not.
   */
  async freshen(oid: Uint8Array): Promise<boolean> {
    const packed = this.#known.locatePacked?.(oid);
    if (packed !== undefined && (await this.#freshenPack(packed))) return true;
    const hex = toHex(oid);
    for (const directory of [this.#directory, ...(this.#known.alternates ?? [])]) {
      const path = loosePath(directory, hex);
      if ((await directory.fs.stat(path)) === undefined) continue;
      try {
        await directory.fs.touch(path);
        return true;
      } catch (error) {
        // As in git: what cannot be marked is written anew.
        if (!isGitmidxError(error)) throw error;
      }
    }
    return false;
  }

  async #freshenPack({ pack }: PackedLocation): Promise<boolean> {
    const path = pack.file.packPath;
    if (this.#freshened.has(path)) return true;
    try {
      if (await pack.has("mtimes")) return false;
      await pack.directory.fs.touch(path);
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      return false;
    }
    this.#freshened.add(path);
    return true;
  }

  async #createIn(directory: string): Promise<WritableFile> {
    const { fs, path: objects } = this.#directory;
    const create = () => createTemporary(fs, `${directory}/tmp_obj_XXXXXX`, readOnly);
    try {
      try {
        return await create();
      } catch (error) {
        if (!isGitmidxError(error, "not-found")) throw error;
        await this.#makeDirectory(directory);
        return await create();
      }
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      const message =
        error.code === "permission-denied"
          ? `insufficient permission for adding an object to repository database ${objects}`
          : `unable to create temporary file: ${systemErrorText(error)}`;
      throw new GitmidxError(error.code, message, { path: objects, cause: error });
    }
  }

  async #makeDirectory(path: string): Promise<void> {
    if (this.#made.has(path)) return;
    const { fs } = this.#directory;
    try {
      await fs.mkdir(path, anyDirectory);
      await adjustSharedPermissions(fs, path, this.#writing.shared);
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      if (error.code !== "exists") {
        const message = `unable to create directory ${path}: ${systemErrorText(error)}`;
        throw new GitmidxError(error.code, message, { path, cause: error });
      }
    }
    this.#made.add(path);
  }

  /** Fills the file and closes it; removes it if that fails. */
  async #fill(file: WritableFile, write: () => Promise<void>): Promise<void> {
    try {
      try {
        await write();
        if (this.#writing.sync) await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      await removeIfThere(this.#directory.fs, file.path);
      throw error;
    }
  }

  /**
   * Gives the file its own name, unless somebody has made an object of that name meanwhile: it is the same. The temporary name may be
   * there still.
   */
  async #name(temporary: string, path: string): Promise<void> {
    const { fs } = this.#directory;
    try {
      if (this.#writing.create === "rename" || !(await this.#link(temporary, path))) {
        if ((await fs.stat(path)) === undefined) await fs.rename(temporary, path);
      }
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      const message = `unable to write file ${path}: ${systemErrorText(error)}`;
      throw new GitmidxError(error.code, message, { path, cause: error });
    }
    await adjustSharedPermissions(fs, path, this.#writing.shared);
  }

  /** @returns false where the file system has no links. */
  async #link(temporary: string, path: string): Promise<boolean> {
    try {
      await this.#directory.fs.link(temporary, path);
      return true;
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      return error.code === "exists";
    }
  }
}
