/** The files of a file system in memory. */

import { bug } from "../core/errors.js";
import type { WritableFile } from "./pack-fs.js";

/** What a name in a directory stands for. */
export interface Inode {
  readonly number: number;
  mode: number;
  mtime: number;
}

/** A file. */
export interface FileInode extends Inode {
  readonly kind: "file";
  /** The contents; never changed in place, so that an open source keeps what it saw. Appending may use room behind the end. */
  bytes: Uint8Array;
}

/** Writes a file of a `MemoryFs`. */
export class MemoryWritableFile implements WritableFile {
  readonly path: string;
  readonly #inode: FileInode;
  readonly #now: () => number;
  #buffer = new Uint8Array(0);
  #open = true;

  constructor(path: string, inode: FileInode, now: () => number) {
    this.path = path;
    this.#inode = inode;
    this.#now = now;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    const size = this.#inode.bytes.length;
    if (size + bytes.length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(64, size + bytes.length, 2 * this.#buffer.length));
      larger.set(this.#inode.bytes);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, size);
    this.#inode.bytes = this.#buffer.subarray(0, size + bytes.length);
    this.#inode.mtime = this.#now();
  }

  async writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    const size = this.#inode.bytes.length;
    if (offset > size) throw bug(`a write at ${offset}, behind the end of ${this.path} at ${size}`);
    // What an open source sees must not change.
    const changed = new Uint8Array(Math.max(size, offset + bytes.length));
    changed.set(this.#inode.bytes);
    changed.set(bytes, offset);
    this.#buffer = changed;
    this.#inode.bytes = changed;
    this.#inode.mtime = this.#now();
  }

  async sync(): Promise<void> {
    this.#checkOpen();
  }

  async close(): Promise<void> {
    this.#checkOpen();
    this.#open = false;
  }

  #checkOpen(): void {
    if (!this.#open) throw bug(`${this.path} is used after it was closed`);
  }
}
