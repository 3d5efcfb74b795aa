/**
 * A bound on open files: a repository with ten thousand packs must not need ten thousand descriptors.
 *
 * A file that was closed to make room is opened again when it is read. If something else stands at its path by then, or nothing, the
 * file that was opened first is out of reach, and the reader is told so: it has vanished, which is not the same as damage.
 */

import * as fs from "node:fs";
import { GitmidxError } from "../core/errors.js";

/** A file that a pool may close and open again. */
export interface PooledFile {
  readonly path: string;
  /** Opens it anew, from the beginning. */
  readonly open: () => number;
  /** Device, inode and size when it was first opened. */
  readonly identity: string;
}

/** What tells one file from another at the same path. */
export function identityOf(fd: number): string {
  const { dev, ino, size } = fs.fstatSync(fd, { bigint: true });
  return `${dev}:${ino}:${size}`;
}

/** Keeps at most a fixed number of files open, those used last. */
export class DescriptorPool {
  readonly #limit: number;
  readonly #open = new Map<PooledFile, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes over an open file. */
  add(file: PooledFile, fd: number): void {
    this.#makeRoom();
    this.#open.set(file, fd);
  }

  /** An open descriptor of the file. @throws GitmidxError `vanished` if it is not there any more */
  use(file: PooledFile): number {
    const held = this.#open.get(file);
    if (held !== undefined) return held;
    let fd: number;
    try {
      fd = file.open();
    } catch (cause) {
      throw vanished(file.path, cause);
    }
    if (identityOf(fd) !== file.identity) {
      fs.closeSync(fd);
      throw vanished(file.path);
    }
    this.add(file, fd);
    return fd;
  }

  /** Closes the file for good. */
  remove(file: PooledFile): void {
    const fd = this.#open.get(file);
    this.#open.delete(file);
    if (fd !== undefined) fs.closeSync(fd);
  }

  /** Closes the file that was opened longest ago: files are read in turn, so that one is as good as another. */
  #makeRoom(): void {
    if (this.#open.size < this.#limit) return;
    const [oldest] = this.#open.keys();
    if (oldest !== undefined) this.remove(oldest);
  }
}

function vanished(path: string, cause?: unknown): GitmidxError {
  const message = `${path} was removed or replaced by another process while it was in use`;
  return new GitmidxError("vanished", message, { path, cause });
}
