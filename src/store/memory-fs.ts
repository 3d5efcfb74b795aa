/**
 * A file system in memory with POSIX's manners: directories, hard and symbolic links, permission bits, a umask and a clock that can be
 * set. For programs without a disk, and for tests that want to decide what the disk says.
 *
 * Its user is never root: a directory without the owner's `w` takes no new names, a file without `r` is not read.
 */

import { type ByteSource, MemorySource } from "../bytes/source.js";
import { type FileInode, type Inode, MemoryWritableFile } from "./memory-file.js";
import type { DirectoryEntry, FileKind, FileStat, PackFs, WritableFile } from "./pack-fs.js";
import { systemError } from "./system-error.js";

/** What a {@link MemoryFs} can be given. */
export interface MemoryFsOptions {
  /** Permission bits that new files and directories do not get; 0o022 unless given. */
  readonly umask?: number | undefined;
  /** The time in seconds since 1970, for modification times; the machine's clock unless given. */
  readonly now?: (() => number) | undefined;
  /** The owner that `stat` tells of; none unless given. */
  readonly uid?: number | undefined;
}

interface DirectoryInode extends Inode {
  readonly kind: "directory";
  readonly entries: Map<string, AnyInode>;
}

interface SymlinkInode extends Inode {
  readonly kind: "symlink";
  readonly target: string;
}

type AnyInode = FileInode | DirectoryInode | SymlinkInode;

/** Where a path leads: a name in a directory, and what is there. */
interface Place {
  readonly directory: DirectoryInode;
  /** Empty for the root. */
  readonly name: string;
  /** The path without links, `.` and `..`. */
  readonly path: string;
  readonly inode: AnyInode | undefined;
}

const maxLinks = 40;
const readBit = 0o400;
const writeBit = 0o200;
const searchBit = 0o100;

class Errno extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

function names(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function attempt<T>(action: string, path: string, call: () => T, target?: string): T {
  if (!path.startsWith("/")) throw new RangeError(`'${path}' is not an absolute path`);
  try {
    return call();
  } catch (error) {
    if (error instanceof Errno) throw systemError(error, action, path, target);
    throw error;
  }
}

/** {@link PackFs} in memory, and a few calls more that make a tree to begin with. */
export class MemoryFs implements PackFs {
  /** Permission bits that new files and directories do not get. */
  umask: number;
  readonly #now: () => number;
  readonly #uid: number | undefined;
  readonly #root: DirectoryInode;
  #inodes = 0;

  constructor({ umask, now, uid }: MemoryFsOptions = {}) {
    this.umask = umask ?? 0o022;
    this.#now = () => Math.floor(now === undefined ? Date.now() / 1000 : now());
    this.#uid = uid;
    this.#root = this.#newDirectory(0o777);
  }

  /** Puts a file at `path` in place of what is there, making the directories above it. Keeps a copy of `bytes`. */
  put(path: string, bytes: Uint8Array, mode = 0o666): void {
    attempt("create", path, () => {
      this.#makeDirectories(names(path).slice(0, -1));
      const { directory, name, inode } = this.#find(path, "entry");
      if (inode?.kind === "directory") throw new Errno("EISDIR");
      this.#enter(directory, name, { ...this.#newInode(mode), kind: "file", bytes: bytes.slice() });
    });
  }

  /** Makes the directory `path` and those above it, as far as they are missing. */
  makeDirectories(path: string): void {
    attempt("create directory", path, () => this.#makeDirectories(names(path)));
  }

  /** Makes a symbolic link at `path` to `target`, which need not exist. */
  symlink(target: string, path: string): void {
    attempt("link", path, () => {
      const place = this.#findNothing(path);
      this.#enter(place.directory, place.name, { ...this.#newInode(0o777), kind: "symlink", target, mode: 0o777 });
    });
  }

  /** Sets the modification time, in seconds since 1970. */
  utimes(path: string, mtime: number): void {
    attempt("set the times of", path, () => {
      this.#existing(path).mtime = Math.floor(mtime);
    });
  }

  async list(path: string): Promise<readonly DirectoryEntry[]> {
    return attempt("open directory", path, () => {
      const directory = this.#existing(path);
      if (directory.kind !== "directory") throw new Errno("ENOTDIR");
      this.#check(directory, readBit);
      const entries = [...directory.entries].map(([name, inode]) => ({ name, kind: inode.kind satisfies FileKind }));
      return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    });
  }

  async stat(path: string): Promise<FileStat | undefined> {
    return attempt("stat", path, () => this.#statOf(path, "target"));
  }

  async lstat(path: string): Promise<FileStat | undefined> {
    return attempt("stat", path, () => this.#statOf(path, "entry"));
  }

  async readFile(path: string): Promise<Uint8Array> {
    return attempt("open", path, () => this.#readable(path).bytes.slice());
  }

  async openSource(path: string): Promise<ByteSource> {
    return attempt("open", path, () => new MemorySource(path, this.#readable(path).bytes));
  }

  async create(path: string, mode: number): Promise<WritableFile> {
    return attempt("create", path, () => {
      const { directory, name } = this.#findNothing(path);
      const inode: FileInode = { ...this.#newInode(mode), kind: "file", bytes: new Uint8Array(0) };
      this.#enter(directory, name, inode);
      return new MemoryWritableFile(path, inode, this.#now);
    });
  }

  async rename(from: string, to: string): Promise<void> {
    attempt("rename", from, () => this.#rename(from, to), to);
  }

  async link(from: string, to: string): Promise<void> {
    attempt(
      "link",
      from,
      () => {
        const { inode } = this.#find(from, "entry");
        if (inode === undefined) throw new Errno("ENOENT");
        const place = this.#findNothing(to);
        if (inode.kind === "directory") throw new Errno("EPERM");
        this.#enter(place.directory, place.name, inode);
      },
      to,
    );
  }

  async unlink(path: string): Promise<void> {
    attempt("unlink", path, () => {
      const { directory, name, inode } = this.#find(path, "entry");
      if (inode === undefined) throw new Errno("ENOENT");
      if (inode.kind === "directory") throw new Errno("EISDIR");
      this.#leave(directory, name);
    });
  }

  async mkdir(path: string, mode: number): Promise<void> {
    attempt("create directory", path, () => {
      const { directory, name } = this.#findNothing(path);
      this.#enter(directory, name, this.#newDirectory(mode));
    });
  }

  async rmdir(path: string): Promise<void> {
    attempt("remove directory", path, () => {
      const { directory, name, inode } = this.#find(path, "entry");
      if (inode === undefined) throw new Errno("ENOENT");
      if (inode.kind !== "directory") throw new Errno("ENOTDIR");
      if (inode.entries.size > 0) throw new Errno("ENOTEMPTY");
      if (inode === this.#root) throw new Errno("EBUSY");
      this.#leave(directory, name);
    });
  }

  async chmod(path: string, mode: number): Promise<void> {
    attempt("set the permissions of", path, () => {
      this.#existing(path).mode = mode & 0o7777;
    });
  }

  async touch(path: string, mtime = this.#now()): Promise<void> {
    this.utimes(path, mtime);
  }

  async syncDirectory(path: string): Promise<void> {
    attempt("open directory", path, () => {
      this.#check(this.#existing(path), readBit);
    });
  }

  async realpath(path: string): Promise<string> {
    return attempt("resolve", path, () => {
      const place = this.#find(path, "target");
      if (place.inode === undefined) throw new Errno("ENOENT");
      return place.path;
    });
  }

  async readlink(path: string): Promise<string> {
    return attempt("read the link", path, () => {
      const { inode } = this.#find(path, "entry");
      if (inode === undefined) throw new Errno("ENOENT");
      if (inode.kind !== "symlink") throw new Errno("EINVAL");
      return inode.target;
    });
  }

  #newInode(mode: number): Inode {
    return { number: ++this.#inodes, mode: mode & ~this.umask & 0o7777, mtime: this.#now() };
  }

  #newDirectory(mode: number): DirectoryInode {
    return { ...this.#newInode(mode), kind: "directory", entries: new Map() };
  }

  #check(inode: AnyInode, bit: number): void {
    if ((inode.mode & bit) === 0) throw new Errno("EACCES");
  }

  #enter(directory: DirectoryInode, name: string, inode: AnyInode): void {
    this.#check(directory, writeBit);
    directory.entries.set(name, inode);
    directory.mtime = this.#now();
  }

  #leave(directory: DirectoryInode, name: string): void {
    this.#check(directory, writeBit);
    directory.entries.delete(name);
    directory.mtime = this.#now();
  }

  #makeDirectories(path: readonly string[]): void {
    for (let depth = 1; depth <= path.length; depth++) {
      const { directory, name, inode } = this.#find(`/${path.slice(0, depth).join("/")}`, "target");
      if (inode === undefined) this.#enter(directory, name, this.#newDirectory(0o777));
      else if (inode.kind !== "directory") throw new Errno("ENOTDIR");
    }
  }

  /** Walks a path; with `target`, a symbolic link at its end is followed too. Only the last name may be missing. */
  #find(path: string, end: "target" | "entry"): Place {
    const stack: { name: string; inode: DirectoryInode }[] = [{ name: "", inode: this.#root }];
    const left = names(path);
    const pathOf = () => stack.map(({ name }) => name).join("/");
    for (let links = 0; left.length > 0; ) {
      const name = left.shift() ?? "";
      const directory = stack.at(-1)?.inode ?? this.#root;
      this.#check(directory, searchBit);
      if (name === "..") {
        if (stack.length > 1) stack.pop();
        continue;
      }
      const inode = directory.entries.get(name);
      if (inode?.kind === "symlink" && (left.length > 0 || end === "target")) {
        if (++links > maxLinks) throw new Errno("ELOOP");
        if (inode.target.startsWith("/")) stack.length = 1;
        left.unshift(...names(inode.target));
      } else if (inode?.kind === "directory") stack.push({ name, inode });
      else if (left.length > 0) throw new Errno(inode === undefined ? "ENOENT" : "ENOTDIR");
      else return { directory, name, path: `${pathOf()}/${name}`, inode };
    }
    const last = stack.at(-1);
    const directory = stack.at(-2)?.inode ?? this.#root;
    return { directory, name: last?.name ?? "", path: pathOf() || "/", inode: last?.inode ?? this.#root };
  }

  #findNothing(path: string): Place {
    const place = this.#find(path, "entry");
    if (place.inode !== undefined) throw new Errno("EEXIST");
    return place;
  }

  #existing(path: string): AnyInode {
    const { inode } = this.#find(path, "target");
    if (inode === undefined) throw new Errno("ENOENT");
    return inode;
  }

  #readable(path: string): FileInode {
    const inode = this.#existing(path);
    if (inode.kind !== "file") throw new Errno("EISDIR");
    this.#check(inode, readBit);
    return inode;
  }

  #statOf(path: string, end: "target" | "entry"): FileStat | undefined {
    let inode: AnyInode | undefined;
    try {
      inode = this.#find(path, end).inode;
    } catch (error) {
      if (error instanceof Errno && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
      throw error;
    }
    if (inode === undefined) return undefined;
    const size = inode.kind === "file" ? inode.bytes.length : inode.kind === "symlink" ? inode.target.length : 0;
    const { kind, mtime, mode } = inode;
    return { kind, size, mtime, mode, uid: this.#uid, identity: `memory:${inode.number}` };
  }

  #rename(from: string, to: string): void {
    const source = this.#find(from, "entry");
    const target = this.#find(to, "entry");
    if (source.inode === undefined) throw new Errno("ENOENT");
    if (source.inode === target.inode) return;
    if (`${target.path}/`.startsWith(`${source.path}/`)) throw new Errno("EINVAL");
    if (source.inode.kind === "directory") {
      if (target.inode !== undefined && target.inode.kind !== "directory") throw new Errno("ENOTDIR");
      if (target.inode !== undefined && target.inode.entries.size > 0) throw new Errno("ENOTEMPTY");
    } else if (target.inode?.kind === "directory") throw new Errno("EISDIR");
    this.#check(source.directory, writeBit);
    this.#enter(target.directory, target.name, source.inode);
    this.#leave(source.directory, source.name);
  }
}
