/**
 * Puts a pack and what belongs to it in place: all or nothing, the index last, so that nobody sees a pack that cannot be read.
 */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { PackFs, WritableFile } from "../../store/pack-fs.js";
import { adjustSharedPermissions } from "../../store/permissions.js";
import { systemErrorText } from "../../store/system-error.js";
import { createTemporary, removeIfThere } from "../../store/temporary-file.js";
import type { IndexPackSettings } from "./options.js";

/** The mode of a finished pack and of its indexes. */
const finishedMode = 0o444;

/** Files that are being made. What is not put in place is removed in the end. */
export class PackFiles {
  readonly #fs: PackFs;
  readonly #settings: IndexPackSettings;
  readonly #made = new Set<string>();
  readonly #open = new Set<WritableFile>();

  constructor(fs: PackFs, settings: IndexPackSettings) {
    this.#fs = fs;
    this.#settings = settings;
  }

  /** Creates a temporary file; the template ends in `XXXXXX`. */
  async createTemporary(template: string): Promise<WritableFile> {
    return this.#opened(await createTemporary(this.#fs, template, finishedMode));
  }

  /** Creates the file at `path`, which must not exist. */
  async create(path: string): Promise<WritableFile> {
    try {
      return this.#opened(await this.#fs.create(path, 0o600));
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      const message = `unable to create '${path}': ${systemErrorText(error)}`;
      throw new GitmidxError(error.code, message, { path, cause: error });
    }
  }

  /** Ends the writing of a file. */
  async close(file: WritableFile, sync: boolean): Promise<void> {
    if (sync) await file.sync();
    this.#open.delete(file);
    await file.close();
  }

  /** Writes a temporary file whole. @returns its path */
  async write(template: string, bytes: Uint8Array): Promise<string> {
    const file = await this.createTemporary(template);
    await file.write(bytes);
    await this.close(file, this.#settings.syncMetadata);
    return file.path;
  }

  /**
   * Makes a file that only has to be there, such as a `.keep`; text gets a line end.
   * @returns false if there was one already, which is left as it is.
   */
  async createMarker(path: string, text: string, kind: string): Promise<boolean> {
    let file: WritableFile;
    try {
      file = this.#opened(await this.#fs.create(path, 0o600));
    } catch (error) {
      if (isGitmidxError(error, "exists")) return false;
      if (!isGitmidxError(error)) throw error;
      const message = `cannot write ${kind} file '${path}': ${systemErrorText(error)}`;
      throw new GitmidxError(error.code, message, { path, cause: error });
    }
    if (text !== "") await file.write(new TextEncoder().encode(`${text}\n`));
    await this.close(file, false);
    return true;
  }

  /** Gives a temporary file its name in place of what is there: the caller was told to write there. */
  async replace(from: string, to: string): Promise<void> {
    const isNew = (await this.#fs.lstat(to)) === undefined;
    await this.#fs.rename(from, to);
    this.#made.delete(from);
    if (isNew) this.#made.add(to);
    await adjustSharedPermissions(this.#fs, to, this.#settings.shared);
  }

  /**
   * Gives a temporary file the name that its content has given it. If there is such a file already it stays.
   * @throws GitmidxError `exists` if that one has another content.
   */
  async install(from: string, to: string): Promise<void> {
    const fs = this.#fs;
    try {
      await fs.link(from, to);
      this.#made.add(to);
      await this.#remove(from);
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      if (error.code === "exists" || (await fs.stat(to)) !== undefined) await this.#keepOther(from, to);
      else {
        // Not every file system has links.
        await fs.rename(from, to);
        this.#made.delete(from);
        this.#made.add(to);
      }
    }
    await adjustSharedPermissions(fs, to, this.#settings.shared);
  }

  /** Makes a file that was written in its place read-only. */
  async finish(path: string): Promise<void> {
    await this.#fs.chmod(path, finishedMode);
  }

  /** Everything is in place: nothing of it is removed any more. */
  async settle(directory: string): Promise<void> {
    this.#made.clear();
    if (this.#settings.syncPack || this.#settings.syncMetadata) await this.#fs.syncDirectory(directory);
  }

  /** Removes what was made and not put in place. */
  async cleanUp(): Promise<void> {
    for (const file of this.#open) await file.close().catch(() => undefined);
    this.#open.clear();
    for (const path of [...this.#made].reverse()) await removeIfThere(this.#fs, path).catch(() => undefined);
    this.#made.clear();
  }

  #opened(file: WritableFile): WritableFile {
    this.#made.add(file.path);
    this.#open.add(file);
    return file;
  }

  async #remove(path: string): Promise<void> {
    await removeIfThere(this.#fs, path);
    this.#made.delete(path);
  }

  async #keepOther(from: string, to: string): Promise<void> {
    if (!(await haveSameBytes(this.#fs, from, to))) {
      throw new GitmidxError("exists", `files '${from}' and '${to}' differ in contents`, { path: to });
    }
    await this.#remove(from);
  }
}

async function haveSameBytes(fs: PackFs, first: string, second: string): Promise<boolean> {
  const a = await fs.openSource(first);
  const b = await fs.openSource(second).catch((error: unknown) => {
    a.close();
    throw error;
  });
  try {
    if (a.size !== b.size) return false;
    const byteLength = 1 << 18;
    for (let at = 0; at < a.size; at += byteLength) {
      const length = Math.min(byteLength, a.size - at);
      const left = a.copy(at, length);
      const right = b.copy(at, length);
      for (let i = 0; i < length; i++) if (left[i] !== right[i]) return false;
    }
    return true;
  } finally {
    a.close();
    b.close();
  }
}

/** A path with another suffix. @throws GitmidxError `bad-pack-name`, in git's words, if it does not end in `.STRIP`. */
export function withSuffix(path: string, strip: string, suffix: string): string {
  const stem = path.slice(0, -strip.length - 1);
  if (!path.endsWith(`.${strip}`) || stem === "") {
    throw new GitmidxError("bad-pack-name", `packfile name '${path}' does not end with '.${strip}'`, { path });
  }
  return `${stem}.${suffix}`;
}
