/**
 * The file system of the machine, through Node.
 *
 * Calls that look (list, stat, read, open) use Node's synchronous functions: a trip through the thread pool costs several times the
 * call itself, and a directory of 1,000 packs needs thousands of them. Writes and syncs, which wait for the disk, are asynchronous.
 *
 * Names that are not UTF-8 are listed, and found again, as `bytes/name-text.ts` writes them: a pack's name is bytes to git.
 */

import * as fs from "node:fs";
import { bytesOfName, hasEscapedBytes, nameOfBytes } from "../bytes/name-text.js";
import { PageCache, PagedSource } from "../bytes/paged-source.js";
import type { ByteSource } from "../bytes/source.js";
import { bug, GitmidxError } from "../core/errors.js";
import { DescriptorPool, identityOf, type PooledFile } from "./node-descriptors.js";
import type { DirectoryEntry, FileKind, FileStat, PackFs, WritableFile } from "./pack-fs.js";
import { errnoName, systemError } from "./system-error.js";

/** What a {@link NodeFs} can be given. */
export interface NodeFsOptions {
  /** The cache that the sources it opens share; one of the default size unless given. */
  readonly cache?: PageCache | undefined;
  /** How many files may be open at a time for reading: 1 or more. Default 192. */
  readonly openFiles?: number | undefined;
}

/** Leaves room for others under the usual limits of 256 and 1,024 descriptors. */
const defaultOpenFiles = 192;

/** Files up to this many bytes are read whole when they are opened. */
const smallFile = 1 << 15;

/** Not blocking matters only for a FIFO with a pack's name, which would otherwise hang us for ever. */
const readFlags = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

/** So many bytes are sooner in the system's cache than a thread of the pool would have begun to write them. */
const smallWrite = 1 << 15;

type NodePath = string | Buffer;

/** The path as Node takes it: text, or bytes where it has some that are not UTF-8. */
function nodePath(path: string): NodePath {
  return hasEscapedBytes(path) ? Buffer.from(bytesOfName(path)) : path;
}

function pathText(path: NodePath): string {
  return typeof path === "string" ? path : nameOfBytes(path);
}

interface KindOf {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

function kindOf(what: KindOf): FileKind {
  if (what.isFile()) return "file";
  if (what.isDirectory()) return "directory";
  return what.isSymbolicLink() ? "symlink" : "other";
}

function fileStat(stat: fs.BigIntStats): FileStat {
  // Nanoseconds as a number would round a time just below a second up to it.
  const second = 1_000_000_000n;
  const fraction = ((stat.mtimeNs % second) + second) % second;
  return {
    kind: kindOf(stat),
    size: Number(stat.size),
    mtime: Number((stat.mtimeNs - fraction) / second),
    mode: Number(stat.mode) & 0o7777,
    uid: process.platform === "win32" ? undefined : Number(stat.uid),
    identity: `${stat.dev}:${stat.ino}`,
    device: String(stat.dev),
  };
}

/** Runs one call of Node's and words what it throws. */
function attempt<T>(action: string, path: string, call: () => T, target?: string): T {
  try {
    return call();
  } catch (error) {
    throw systemError(error, action, path, target);
  }
}

function statOrNothing(path: string, call: () => fs.BigIntStats | undefined): FileStat | undefined {
  try {
    const stat = call();
    return stat === undefined ? undefined : fileStat(stat);
  } catch (error) {
    if (errnoName(error) === "ENOTDIR" || errnoName(error) === "ENOENT") return undefined;
    throw systemError(error, "stat", path);
  }
}

function closeQuietly(fd: number): void {
  try {
    fs.closeSync(fd);
  } catch {
    // The failure that led here is the one to report.
  }
}

/** Fills `target` from `offset` of an open file, however many reads that takes. */
function readFully(fd: number, path: string, offset: number, target: Uint8Array): void {
  for (let filled = 0; filled < target.length; ) {
    let count: number;
    try {
      count = fs.readSync(fd, target, filled, target.length - filled, offset + filled);
    } catch (error) {
      if (errnoName(error) === "EINTR") continue;
      throw systemError(error, "read", path);
    }
    if (count === 0) {
      const end = offset + filled;
      const message = `${path}: the file now ends at byte ${end}, but ${target.length} bytes at offset ${offset} are wanted: it was cut while it was read`;
      throw new GitmidxError("truncated", message, { path, offset: end });
    }
    filled += count;
  }
}

class NodeWritableFile implements WritableFile {
  readonly path: string;
  #fd: number | undefined;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#write(bytes, undefined);
  }

  writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    return this.#write(bytes, offset);
  }

  async #write(bytes: Uint8Array, offset: number | undefined): Promise<void> {
    const fd = this.#opened();
    for (let written = 0; written < bytes.length; ) {
      const position = offset === undefined ? null : offset + written;
      if (bytes.length <= smallWrite) {
        const part = () => fs.writeSync(fd, bytes, written, bytes.length - written, position);
        written += attempt("write", this.path, part);
        continue;
      }
      written += await new Promise<number>((resolve, reject) => {
        fs.write(fd, bytes, written, bytes.length - written, position, (error, count) => {
          if (error) reject(systemError(error, "write", this.path));
          else resolve(count);
        });
      });
    }
  }

  sync(): Promise<void> {
    return syncDescriptor(this.#opened(), this.path);
  }

  async close(): Promise<void> {
    const fd = this.#opened();
    this.#fd = undefined;
    attempt("close", this.path, () => fs.closeSync(fd));
  }

  #opened(): number {
    if (this.#fd === undefined) throw bug(`${this.path} is used after it was closed`);
    return this.#fd;
  }
}

function syncDescriptor(fd: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fsync(fd, (error) => {
      if (error) reject(systemError(error, "sync", path));
      else resolve();
    });
  });
}

/** Errors of fsync on a directory that mean that this system has no such thing, not that data is at risk. */
const directorySyncUnsupported = ["EINVAL", "EPERM", "EACCES", "EISDIR", "EBADF", "ENOTSUP"];

/** {@link PackFs} on the machine's disks. */
export class NodeFs implements PackFs {
  /** The cache that opened sources share. */
  readonly cache: PageCache;
  /** The descriptors that opened sources share. */
  protected readonly descriptors: DescriptorPool;
  #small: Uint8Array | undefined;

  constructor({ cache, openFiles }: NodeFsOptions = {}) {
    this.cache = cache ?? new PageCache();
    this.descriptors = new DescriptorPool(openFiles ?? defaultOpenFiles);
  }

  async list(path: string): Promise<readonly DirectoryEntry[]> {
    const at = nodePath(path);
    const entry = (name: string, dirent: KindOf): DirectoryEntry => ({
      name,
      kind: kindOf(dirent),
    });
    const entries = attempt("open directory", path, () => {
      const plain = fs.readdirSync(at, { withFileTypes: true });
      // U+FFFD is what a name's other bytes are shown as: only then is the slower listing of names as bytes worth its time.
      if (!plain.some((dirent) => dirent.name.includes("\ufffd"))) return plain.map((d) => entry(d.name, d));
      return fs
        .readdirSync(at, { withFileTypes: true, encoding: "buffer" })
        .map((dirent) => entry(nameOfBytes(dirent.name), dirent));
    });
    return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  async stat(path: string): Promise<FileStat | undefined> {
    return statOrNothing(path, () => fs.statSync(nodePath(path), { bigint: true, throwIfNoEntry: false }));
  }

  async lstat(path: string): Promise<FileStat | undefined> {
    return statOrNothing(path, () => fs.lstatSync(nodePath(path), { bigint: true, throwIfNoEntry: false }));
  }

  async readFile(path: string): Promise<Uint8Array> {
    const bytes = attempt("open", path, () => fs.readFileSync(nodePath(path)));
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  readSmallNow(path: string, most: number): Uint8Array | undefined {
    const at = nodePath(path);
    if (!fs.existsSync(at)) return undefined;
    this.#small ??= new Uint8Array(smallFile);
    const room = this.#small.subarray(0, Math.min(most + 1, smallFile));
    let fd: number | undefined;
    try {
      fd = fs.openSync(at, readFlags);
      const length = fs.readSync(fd, room, 0, room.length, 0);
      // One byte more would have been read of a larger file.
      return length > 0 && length < room.length ? room.subarray(0, length) : undefined;
    } catch {
      return undefined;
    } finally {
      if (fd !== undefined) closeQuietly(fd);
    }
  }

  async openSource(path: string): Promise<ByteSource> {
    const open = () => fs.openSync(nodePath(path), readFlags);
    const fd = attempt("open", path, open);
    try {
      const stat = fs.fstatSync(fd);
      if (stat.isDirectory()) throw Object.assign(new Error("EISDIR"), { code: "EISDIR" });
      if (!stat.isFile()) throw new Error("not a regular file");
      if (stat.size <= smallFile && this.cache.reserve(stat.size)) return this.#openSmall(path, fd, stat.size);
      const file: PooledFile = { path, open, identity: identityOf(fd) };
      const { descriptors } = this;
      descriptors.add(file, fd);
      const read = (offset: number, target: Uint8Array) => readFully(descriptors.use(file), path, offset, target);
      return new PagedSource(path, stat.size, this.cache, { read, close: () => descriptors.remove(file) });
    } catch (error) {
      closeQuietly(fd);
      throw systemError(error, "open", path);
    }
  }

  /** Reads a small file at once: it then needs no descriptor, and no page. */
  #openSmall(path: string, fd: number, size: number): ByteSource {
    const whole = new Uint8Array(size);
    const read = (offset: number, target: Uint8Array) => target.set(whole.subarray(offset, offset + target.length));
    try {
      readFully(fd, path, 0, whole);
    } catch (error) {
      this.cache.release(size);
      throw error;
    }
    closeQuietly(fd);
    return new PagedSource(path, size, this.cache, { read, whole });
  }

  async create(path: string, mode: number): Promise<WritableFile> {
    const fd = attempt("create", path, () => fs.openSync(nodePath(path), "wx", mode));
    return new NodeWritableFile(path, fd);
  }

  async rename(from: string, to: string): Promise<void> {
    attempt("rename", from, () => fs.renameSync(nodePath(from), nodePath(to)), to);
  }

  async link(from: string, to: string): Promise<void> {
    attempt("link", from, () => fs.linkSync(nodePath(from), nodePath(to)), to);
  }

  async unlink(path: string): Promise<void> {
    attempt("unlink", path, () => fs.unlinkSync(nodePath(path)));
  }

  async mkdir(path: string, mode: number): Promise<void> {
    attempt("create directory", path, () => fs.mkdirSync(nodePath(path), mode));
  }

  async rmdir(path: string): Promise<void> {
    attempt("remove directory", path, () => fs.rmdirSync(nodePath(path)));
  }

  async chmod(path: string, mode: number): Promise<void> {
    attempt("set the permissions of", path, () => fs.chmodSync(nodePath(path), mode));
  }

  async touch(path: string, mtime?: number): Promise<void> {
    const now = new Date();
    attempt("set the times of", path, () => fs.utimesSync(nodePath(path), now, mtime ?? now));
  }

  async syncDirectory(path: string): Promise<void> {
    if (process.platform === "win32") return;
    const fd = attempt("open directory", path, () => fs.openSync(nodePath(path), "r"));
    try {
      await syncDescriptor(fd, path);
    } catch (error) {
      if (!directorySyncUnsupported.includes(errnoName(error) ?? "")) throw error;
    } finally {
      closeQuietly(fd);
    }
  }

  async realpath(path: string): Promise<string> {
    return attempt("resolve", path, () =>
      pathText(
        hasEscapedBytes(path) ? fs.realpathSync.native(nodePath(path), "buffer") : fs.realpathSync.native(path, "utf8"),
      ),
    );
  }

  async readlink(path: string): Promise<string> {
    return attempt("read the link", path, () => nameOfBytes(fs.readlinkSync(nodePath(path), "buffer")));
  }
}
