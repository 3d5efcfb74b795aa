/** What a scratch copy of a repository needs of a file system beyond {@link PackFs}. */

import type { PackFs } from "./pack-fs.js";

/** A file system on which folders can be made and thrown away. Failures are as those of {@link PackFs}. */
export interface ScratchFs extends PackFs {
  /** Makes a new folder in `parent` that only its owner may enter, named `gitmidx-` and a random rest; returns its real path. */
  makeScratchFolder(parent: string): Promise<string>;
  /** Makes a symbolic link at `path` to the absolute path `target`. */
  symlink(target: string, path: string): Promise<void>;
  /** Creates a file of `byteLength` bytes that begins with `head` and ends with `tail`; what is between is zero, and takes no room where the system can. */
  createWithHole(path: string, head: Uint8Array, tail: Uint8Array, byteLength: number): Promise<void>;
  /** Sets the modification time, in whole seconds since 1970. */
  setModificationTime(path: string, seconds: number): Promise<void>;
  /** Removes whatever is at the path and below; links are removed, not followed. Nothing if there is nothing. */
  removeTree(path: string): Promise<void>;
}
