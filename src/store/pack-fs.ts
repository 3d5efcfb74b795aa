/**
 * The file system as an object directory needs it: one contract, kept by `node-fs.ts` for disks, by `memory-fs.ts` for programs
 * without any, and by fault-injecting wrappers in tests.
 *
 * Paths are absolute, with `/` between names. Failures are {@link GitmidxError}s with the codes `not-found`, `permission-denied`,
 * `no-space`, `read-only`, `exists` or `io`, the path in `path`, and the system's message as a POSIX strerror would word it.
 */

import type { ByteSource } from "../bytes/source.js";

/** What a directory entry or a path is. */
export type FileKind = "file" | "directory" | "symlink" | "other";

/** What `stat` tells of a path. */
export interface FileStat {
  readonly kind: FileKind;
  /** Bytes. */
  readonly size: number;
  /** Modification time in whole seconds since 1970, rounded down, as git compares pack times. */
  readonly mtime: number;
  /** The permission bits, and set-uid, set-gid and sticky. */
  readonly mode: number;
  /** Owner, where the file system has one. */
  readonly uid: number | undefined;
  /** Device and inode in one text: two paths with the same one are the same file. Undefined where there is none. */
  readonly identity: string | undefined;
  /** The file system it is on, as a text of no other meaning; undefined where that cannot be told. */
  readonly device?: string | undefined;
}

/** One name in a directory. */
export interface DirectoryEntry {
  readonly name: string;
  /** A symbolic link is a `symlink` here, not what it points to. */
  readonly kind: FileKind;
}

/** A file being written from front to back. */
export interface WritableFile {
  readonly path: string;
  /** Appends all of `bytes`, which the caller may reuse once the promise is fulfilled. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Writes all of `bytes` from byte `offset` on, which is not behind the end, over what is there; the file grows if they reach further.
   * {@link write} goes on where it was: a caller that has made the file longer appends with this.
   */
  writeAt(offset: number, bytes: Uint8Array): Promise<void>;
  /** Makes what was written survive a power cut. */
  sync(): Promise<void>;
  /** Closes; must be called exactly once, after failures too. */
  close(): Promise<void>;
}

/** The calls. Each does one thing to one path, so that a test can count them, fail them and stop between them. */
export interface PackFs {
  /** The names in a directory, sorted by their UTF-16 code units, without `.` and `..`. */
  list(path: string): Promise<readonly DirectoryEntry[]>;
  /** Follows symbolic links; undefined if there is nothing at the path. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Does not follow a symbolic link at the end of the path; undefined if there is nothing. */
  lstat(path: string): Promise<FileStat | undefined>;
  /** The whole of a (small) file. */
  readFile(path: string): Promise<Uint8Array>;
  /**
   * The whole of a file of at most that many bytes, at once; undefined if there is none, or it is larger, or takes more than that: then
   * the other calls tell. Left out where files are not at hand. The bytes are valid until the next call.
   */
  readSmallNow?(path: string, most: number): Uint8Array | undefined;
  /** Opens a file for random access, through a page cache where it is not in memory. Close the source when done. */
  openSource(path: string): Promise<ByteSource>;
  /** Creates a file that must not exist, with permission bits `mode` less the umask, for writing. */
  create(path: string, mode: number): Promise<WritableFile>;
  /** Moves a file, replacing what is at `to`. */
  rename(from: string, to: string): Promise<void>;
  /** Makes a second name for a file; code `exists` if `to` is taken. */
  link(from: string, to: string): Promise<void>;
  /** Removes a file or link. */
  unlink(path: string): Promise<void>;
  /** Creates one directory; code `exists` if there is something already. */
  mkdir(path: string, mode: number): Promise<void>;
  /** Removes an empty directory. */
  rmdir(path: string): Promise<void>;
  /** Sets the permission bits. */
  chmod(path: string, mode: number): Promise<void>;
  /** Sets the modification time to now, or to `mtime`, in seconds since 1970. */
  touch(path: string, mtime?: number): Promise<void>;
  /** Makes the names in a directory survive a power cut, where the system can. */
  syncDirectory(path: string): Promise<void>;
  /** The path without symbolic links, `.` and `..`. */
  realpath(path: string): Promise<string>;
  /** Where a symbolic link points, as it stands there. */
  readlink(path: string): Promise<string>;
}
